"""For each kind of layer that needs them: parameters it cannot do without, and shapes of inputs that it takes."""

from collections.abc import Mapping

from shared.model_definition.graph import Shape
from shared.model_definition.kinds import KINDS

IMAGE = (6, 7, 3)
SEQUENCE = (5, 512)
_ON_SEQUENCES = (
    *("rnn", "lstm", "gru", "bidirectional", "last_state", "positional_encoding"),
    *("multi_head_attention", "self_attention", "cross_attention", "linear_attention"),
    *("transformer_encoder", "transformer_decoder"),
)
_NEEDED: Mapping[str, Mapping[str, object]] = {
    "reshape": {"shape": [-1, 126]},
    "view": {"shape": [9, -1]},
    "tensor_reshape": {"shape": [-1, 7, 6, 3]},
    "permute": {"dims": [0, 3, 1, 2]},
    "group_norm": {"num_groups": 3},
    "split": {"parts": 3},
    "normalize": {"mean": 0.5, "std": 2},
}
_SHAPES: Mapping[str, tuple[Shape, ...]] = {
    "dense": ((5,),),
    **{f"{name}1d": ((7, 3),) for name in ("conv", "max_pool", "avg_pool")},
    **{f"{name}3d": ((4, 5, 6, 3),) for name in ("conv", "max_pool", "avg_pool")},
    **dict.fromkeys(_ON_SEQUENCES, (SEQUENCE,)),
    "cross_attention": (SEQUENCE, SEQUENCE),
    "squeeze": ((6, 1, 3),),
    **dict.fromkeys(("add", "multiply", "average", "concatenate", "gaussian_sample"), (IMAGE, IMAGE)),
}


def needed_parameters(kind: str) -> dict[str, object]:
    """What must be written about such a layer, with an example of `input_shapes`."""
    return dict(_NEEDED.get(kind, {}))


def input_shapes(kind: str) -> tuple[Shape, ...]:
    """Inputs that such a layer takes."""
    if KINDS[kind].most_inputs == 0:
        return ()
    return _SHAPES.get(kind, (IMAGE,))
