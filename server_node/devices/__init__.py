"""What hardware this node has, and how much memory it can promise."""
