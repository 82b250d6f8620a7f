"""The call of backtests."""
