"""What the server tells a Prometheus of itself. It only counts and reads; it decides nothing."""
