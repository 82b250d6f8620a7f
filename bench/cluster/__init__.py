"""What a cluster's nodes have to do for each token, with one shard of the queue and with more."""
