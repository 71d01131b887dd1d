"""Models that users wrote in Python: run in processes of their own, with limits, and killed for certain.

`engine` is the face that attempts know. What it starts is `child`, which runs the usual training engine with the user's
functions as the network, and answers through `channel`. The child is trusted with nothing: what it says is checked.
"""
