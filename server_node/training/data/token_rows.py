"""Token numbers to examples: a stream is cut into sequences, and where no target is given it is the next token."""

from __future__ import annotations

from collections.abc import Mapping

from server_node.training.data.checks import AnyArray, RawSplit, Split
from shared.dataset_options import FileOptions
from shared.errors import BadData


def token_splits(name: str, splits: Mapping[Split, RawSplit], options: FileOptions) -> dict[Split, RawSplit]:
    """Give every split inputs and targets, which are views of the same tokens where the next token is the target."""
    return {split: _with_next_tokens(name, raw, options) for split, raw in splits.items()}


def next_token_split(name: str, stream: AnyArray, sequence: int) -> RawSplit:
    """Cut a stream `(tokens,)` into inputs and targets `(examples, sequence)`; what is left at the end is dropped.

    Raises:
        BadData: when it is too short for one example.
    """
    examples = (stream.shape[0] - 1) // sequence
    if examples < 1:
        raise BadData(
            f"{name}: expected at least {sequence + 1:,} tokens for one sequence of {sequence:,}, "
            f"got {stream.shape[0]:,}; say ?sequence= for a shorter one"
        )
    used = examples * sequence
    return RawSplit(stream[:used].reshape(examples, sequence), stream[1 : used + 1].reshape(examples, sequence))


def _with_next_tokens(name: str, raw: RawSplit, options: FileOptions) -> RawSplit:
    if raw.inputs.ndim == 1:
        return next_token_split(name, raw.inputs, options.sequence)
    if raw.targets is not None or options.reconstructs_input or not options.has_target:
        return raw
    if raw.inputs.ndim != 2 or raw.inputs.shape[1] < 2:
        raise BadData(
            f"{name}: expected tokens as a stream (tokens,) or rows (examples, at least 2), "
            f"got shape {raw.inputs.shape}"
        )
    return RawSplit(raw.inputs[:, :-1], raw.inputs[:, 1:])
