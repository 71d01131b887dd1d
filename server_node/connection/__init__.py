"""Everything of the node that speaks gRPC to the central server: two streams, and files by content."""
