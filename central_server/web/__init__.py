"""The HTTP edge: health, and jobs and nodes as JSON. It reads the read model and changes nothing."""
