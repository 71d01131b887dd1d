"""What may be linked to a layer: how many values its kind takes, and the order of pins that have a meaning each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.model_definition.kinds.layer_kind import LayerKind
from shared.model_definition.refusal import refusal

_ATTENTION = ("query", "key", "value", "mask")
PINS: Mapping[str, tuple[str, ...]] = {
    "multi_head_attention": _ATTENTION,
    "cross_attention": _ATTENTION,
    "linear_attention": _ATTENTION,
    "transformer_decoder": ("target", "memory"),
    "gaussian_sample": ("mean", "log_variance"),
}
"""Kinds whose pins have names; one may be left free only behind the last that is linked."""


SELF_ATTENTION = "self_attention"


def check_pins(kind: LayerKind, label: str, pins: Sequence[int | None], sources: Sequence[str]) -> None:
    """Refuses what a layer cannot take.

    Args:
        kind: the layer's.
        label: how messages name it.
        pins: the linked pins in order; None where a link does not say.
        sources: the labels of what is linked to them.

    Raises:
        InvalidField: for too many or too few, or a pin left free between linked ones.
    """
    if kind.most_inputs is not None and len(sources) > kind.most_inputs:
        raise refusal(f"{label} takes {_words(kind.most_inputs)}, got {' and '.join(sources[:5])}")
    if len(sources) < kind.least_inputs:
        raise refusal(
            f"{label} takes {kind.least_inputs} inputs or more, got {len(sources)}; a link written twice counts once"
        )
    said = [pin for pin in pins if pin is not None]
    names = PINS.get(kind.name, ())
    if names and len(said) == len(pins) and said != list(range(len(said))):
        raise refusal(f"{label} must be fed in order of its pins ({', '.join(names)}), but pins {said} are linked")


def _words(most: int) -> str:
    return {0: "no input", 1: "one input"}.get(most, f"at most {most} inputs")
