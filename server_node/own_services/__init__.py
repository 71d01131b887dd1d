"""The node's own gRPC server: what it serves to callers, who must show who they are."""
