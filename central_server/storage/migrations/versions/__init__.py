"""One file for each version; none is ever changed once released."""
