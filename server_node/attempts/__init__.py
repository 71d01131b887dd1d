"""The node's pure core: what it knows of its attempts, and what it decides when something happens. No clock, no I/O."""
