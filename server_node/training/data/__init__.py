"""Datasets: one file a format, the checks they share, and how examples are split and ordered."""
