"""A consistent copy of everything a central server keeps, made while it runs, and the way back from it."""
