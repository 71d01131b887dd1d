"""The gRPC edge: messages in, records on, and answers back. It never decides."""
