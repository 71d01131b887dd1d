"""Generated from `proto/`; never edited by hand. `make generate` writes it, CI compares it."""
