"""Whether a model takes tokens as what they are: entries of a table that is large enough, and no quantities."""

from __future__ import annotations

from shared.model_definition.graph import LayerNode, ModelGraph
from shared.model_definition.kinds.embedding import EMBEDDING
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.kinds.parameter_access import integer
from shared.model_definition.refusal import node_label, refusal
from shared.user_model import FORM

_REARRANGING = frozenset(
    {"flatten", "reshape", "view", "tensor_reshape", "permute", "squeeze", "unsqueeze", "split", "identity"}
)
_MASK_PINS = {"multi_head_attention": 3, "self_attention": 3, "cross_attention": 3, "transformer_encoder": 1}


def check_tokens(graph: ModelGraph, tokens: int | None) -> None:
    """Refuses a model that would compute with the numbers of tokens, or whose table is too small for them.

    Args:
        graph: a model for data whose inputs are tokens.
        tokens: how many different ones there may be; None when that is not known.

    Raises:
        InvalidField: naming the layer.
    """
    carrying: set[str] = set()
    for node in graph.nodes:
        pins = [pin for pin, source in enumerate(node.inputs) if source in carrying]
        if node.kind == INPUT.name or (pins and node.kind in _REARRANGING):
            carrying.add(node.node_id)
        elif pins and node.kind == EMBEDDING.name:
            _check_table(node, tokens)
        elif pins and node.kind != FORM and pins != [_MASK_PINS.get(node.kind)]:
            raise refusal(
                f"{node_label(node.node_id, node.name)} is fed tokens, whose numbers only name them; "
                "put an embedding in front of it"
            )


def _check_table(node: LayerNode, tokens: int | None) -> None:
    size = integer(node.parameters, "vocab_size")
    if tokens is not None and tokens > size:
        raise refusal(
            f"{node_label(node.node_id, node.name)} has vocab_size {size}, but the data has tokens up to {tokens - 1}; "
            f"make it at least {tokens}"
        )
