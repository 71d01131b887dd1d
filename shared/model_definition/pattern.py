"""Reads a pattern of the designer's library: a template of nodes and links in which `$name` stands for a parameter."""

from __future__ import annotations

from collections.abc import Mapping

from shared.did_you_mean import quoted
from shared.model_definition.designer_graph import graph_from_drawing
from shared.model_definition.designer_parts import PATTERN_WRITING
from shared.model_definition.graph import ModelGraph
from shared.model_definition.pattern_parameters import pattern_parameters, values_of
from shared.model_definition.pattern_values import filled
from shared.model_definition.refusal import refusal


def pattern_graph(definition: Mapping[str, object]) -> ModelGraph:
    """The graph of a pattern with its parameters at their values, or at their defaults where they have none.

    Raises:
        InvalidField: for a parameter without a value or out of its range, an unknown `$name`, or anything that a
            designer graph is refused for.
    """
    template = definition["template"]
    if not isinstance(template, dict):
        raise refusal(f"template must be an object with nodes and links, got {quoted(template)}")
    if "nodes" not in template:
        raise refusal("template has no nodes; give it nodes and links")
    values = values_of(pattern_parameters(definition.get("parameters")))
    drawing = {**template, "nodes": filled(template["nodes"], values)}
    return graph_from_drawing(drawing, PATTERN_WRITING)
