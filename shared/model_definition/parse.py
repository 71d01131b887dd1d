"""Model definitions to graphs: recognises which form a definition has and hands it to that form's reader."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from shared.model_definition.designer_graph import designer_graph
from shared.model_definition.graph import ModelGraph
from shared.model_definition.json_text import json_object_from
from shared.model_definition.layers_in_a_row import layers_in_a_row
from shared.model_definition.named_architecture import named_architecture
from shared.model_definition.pattern import pattern_graph
from shared.model_definition.refusal import refusal
from shared.model_definition.sequences import resolve_return_sequences
from shared.model_definition.short_form import short_form
from shared.model_definition.state_readers import with_states_where_read
from shared.user_model import FORM, user_model_from_definition, user_model_graph

LONGEST_REMEMBERED = 16_384
"""Characters of a model definition whose graph is kept for the next job of the same model."""

_FORMS = (
    'accepted are {"layers": [...]}, a designer graph {"nodes": [...], "links": [...]}, a pattern {"template": {...}}, '
    'a named architecture {"architecture": "resnet", "depth": 18}, '
    'and the short form {"type": "mlp", "input_size": ..., "output_size": ...}'
)


def parse_model_definition(text: str) -> ModelGraph:
    """The checked graph that a model definition means; nothing in it depends on the data yet.

    Small texts are remembered, since jobs of the same model come in numbers: never change what this returns.

    Raises:
        InvalidField: with field `model_definition`, naming the layer and the reason.
        TooLarge: the same field, when the text or the number of nodes is over the limit.
    """
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _parsed(text)


def _parsed(text: str) -> ModelGraph:
    return with_states_where_read(resolve_return_sequences(_graph_from(json_object_from(text))))


_remembered = lru_cache(maxsize=256)(_parsed)


def _graph_from(definition: Mapping[str, object]) -> ModelGraph:
    if FORM in definition:
        return user_model_graph(user_model_from_definition(definition))
    if "template" in definition:
        return pattern_graph(definition)
    if "nodes" in definition:
        return designer_graph(definition)
    if "layers" in definition:
        return layers_in_a_row(definition)
    if "architecture" in definition:
        return named_architecture(definition)
    if "type" in definition:
        return short_form(definition)
    raise refusal(f"the model definition has none of the keys layers, nodes, template, architecture, type; {_FORMS}")
