"""Serving models: predictions from finished models, gathered into batches, computed by attempts like any other."""
