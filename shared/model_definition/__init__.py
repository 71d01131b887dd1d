"""Model definitions: the JSON forms people write, turned into one checked graph of layers. Needs no JAX."""
