"""The node's own HTTP server: one small server for few routes, over the same doors as its gRPC server."""
