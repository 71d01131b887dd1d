"""The state that a recurrent layer of a drawing hands to another: links for each of its parts become one value.

A designer draws a recurrent layer's output on pin 0, its hidden state on pin 1 and an LSTM's cell state on pin 2, at
both ends. We hand a state on whole: `(units,)`, or of an LSTM `(2 * units,)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.model_definition.designer_links import Feed
from shared.model_definition.designer_parts import DesignerNode
from shared.model_definition.refusal import refusal
from shared.model_definition.sequences import RECURRENT_KINDS
from shared.model_definition.vocabulary import type_key
from shared.strict_values import flag_from

_PINS_OF_STATES = {"lstm": [1, 2], "bidirectional": [1, 2], "gru": [1], "rnn": [1]}


def with_whole_states(nodes: Mapping[str, DesignerNode], feeds: Sequence[Feed]) -> tuple[Feed, ...]:
    """What feeds a recurrent layer, where the links that carry the parts of one state are one.

    Raises:
        InvalidField: when a layer hands on a state that it does not say it returns.
    """
    kept = list(feeds[:1])
    for feed in feeds[1:]:
        parts = [other for other in feeds[1:] if other.source == feed.source]
        if not _is_whole_state(nodes[feed.source], parts):
            kept.append(feed)
        elif feed is parts[0]:
            _check_returns_state(nodes[feed.source], parts)
            kept.append(replace(feed, source_pin=None, target_pin=1))
    return tuple(kept)


def _is_whole_state(source: DesignerNode, parts: Sequence[Feed]) -> bool:
    if source.type_name not in RECURRENT_KINDS:
        return False
    pins = [part.source_pin for part in parts]
    return pins == _PINS_OF_STATES[source.type_name] or (len(pins) > 1 and set(pins) == {None})


def _check_returns_state(source: DesignerNode, parts: Sequence[Feed]) -> None:
    said = next((value for name, value in source.parameters.items() if type_key(name) == "returnstate"), False)
    try:
        is_returned = flag_from(said)
    except ValueError:
        return  # Whoever reads the layer's parameters says what is wrong with it.
    if len(parts) > 1 and not is_returned:
        raise refusal(f"{source.label} hands its state on, but has return_state=false; write return_state=true")
