"""Backtests: a draft and the version that runs, on the tapes of earlier token requests."""
