"""A server node: it dials the central server, offers its devices, and trains what it is given."""
