"""What people ask of jobs and nodes, whichever edge they come by: gRPC and HTTP only translate to and from it."""
