"""Terminals on this node: programs behind pseudo-terminals, for callers who may, each ended with all it started.

`terminal_service` is what callers see. A session is a `Session` of the `SessionTable`; its program runs under `keeper`,
a small process that nothing can be left behind from.
"""
