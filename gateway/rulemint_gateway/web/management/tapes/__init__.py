"""The calls about tapes and replays."""
