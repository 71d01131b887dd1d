"""From a checked graph to the two functions of a model: draw its weights, apply it."""
