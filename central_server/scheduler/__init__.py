"""The pure core: events in, effects out. Reads no clock, draws no random number, does no input or output."""
