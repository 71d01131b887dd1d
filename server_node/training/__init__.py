"""The training engine: JAX programs, the data they eat and the state they carry. Knows nothing of jobs or threads.

What others call is in `api`. Importing this package loads no JAX, so that a process can set its flags first.
"""
