"""What others offer for the same: an OAuth server that runs the hook in its own process."""
