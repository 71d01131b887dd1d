"""A user's functions as one layer of the training engine, so that everything else of it works unchanged.

The layer's weights are the leaves of what `init` gives, by their paths; `apply` gets them back in the tree they had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.abstract import abstract
from server_node.training.layers.layer import Applied, Arrays, FloatArray, InitialArrays, LayerContext, Parameters
from server_node.user_code.messages import UserCodeFailed
from server_node.user_code.user_functions import UserFunctions
from shared.model_definition.graph import Shape

_ONE_LEAF_NAME = "params"
_PROBE_BATCH = 2


class Application(NamedTuple):
    """What `apply` was called with when it was last traced; `loss` is computed from the same."""

    params: Any
    inputs: jax.Array
    key: jax.Array


class _Tree(NamedTuple):
    structure: Any
    names: tuple[str, ...]
    arrays: tuple[FloatArray, ...]


class UserNetwork:
    """The layer of one file; used by one thread of a process that trains nothing else."""

    def __init__(self, functions: UserFunctions) -> None:
        self._functions = functions
        self._tree: _Tree | None = None
        self.last_application: Application | None = None

    def init(
        self, generator: np.random.Generator, _parameters: Parameters, input_shapes: tuple[Shape, ...]
    ) -> InitialArrays:
        """Draw the weights with the user's `init`, from a key that follows from the job's seed."""
        tree = self._drawn(generator, input_shapes[0])
        return dict(zip(tree.names, tree.arrays, strict=True)), {}

    def apply(
        self, weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
    ) -> Applied:
        """Run the user's `apply` on `(batch, *input_shape)`; outside training its key is a constant."""
        key = context.draw_key() if context.is_training else jax.random.key(0)
        params = self._params(weights)
        self.last_application = Application(params, inputs[0], key)
        outputs = self._functions.apply(params, inputs[0], key=key, train=context.is_training)
        return _checked_outputs(outputs, inputs[0].shape[0]), {}

    def output_shape(self, _parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
        """Give one example's output, by tracing `apply` without computing anything."""
        tree = self._known_tree(input_shapes[0])
        weights = {
            name: abstract(array.shape, array.dtype) for name, array in zip(tree.names, tree.arrays, strict=True)
        }
        batch_shape = (_PROBE_BATCH, *input_shapes[0])
        try:
            outputs = jax.eval_shape(self._probe, weights, abstract(batch_shape, np.float32))
        except Exception as refusal:  # noqa: BLE001 - raised again unless the other kind of input fits
            # A shape does not say whether it is one of values or of tokens: what refuses values may look tokens up.
            outputs = self._probe_tokens(weights, batch_shape, refusal)
        return tuple(int(axis) for axis in outputs.shape[1:])

    def parameter_count(self, _parameters: Parameters, input_shapes: tuple[Shape, ...]) -> int:
        """Count the numbers that `init` gives."""
        return sum(int(array.size) for array in self._known_tree(input_shapes[0]).arrays)

    def _probe_tokens(self, weights: Arrays, batch_shape: Shape, refusal: Exception) -> jax.Array:
        try:
            outputs: jax.Array = jax.eval_shape(self._probe, weights, abstract(batch_shape, np.int32))
        except Exception:  # noqa: BLE001 - the first reason is the one to tell
            raise refusal from None
        return outputs

    def _probe(self, weights: Arrays, batch: jax.Array) -> jax.Array:
        outputs = self._functions.apply(self._params(weights), batch, key=jax.random.key(0), train=False)
        return _checked_outputs(outputs, _PROBE_BATCH)

    def _params(self, weights: Mapping[str, Any]) -> Any:
        assert self._tree is not None, "weights come from init"
        return jax.tree.unflatten(self._tree.structure, [weights[name] for name in self._tree.names])

    def _known_tree(self, input_shape: Shape) -> _Tree:
        return self._tree or self._drawn(np.random.default_rng(0), input_shape)

    def _drawn(self, generator: np.random.Generator, input_shape: Shape) -> _Tree:
        words = generator.integers(0, 2**32, size=2, dtype=np.uint32)
        key = jax.random.wrap_key_data(jnp.asarray(words))
        self._tree = _tree_of(self._functions.init(key, input_shape))
        return self._tree


def _tree_of(params: Any) -> _Tree:
    leaves, structure = jax.tree.flatten_with_path(params)
    if not leaves:
        raise UserCodeFailed("init must return a tree with at least one array, got none: there is nothing to train")
    names = _unique([jax.tree_util.keystr(path, simple=True, separator=".") for path, _ in leaves])
    return _Tree(structure, names, tuple(_weights(name, leaf) for name, (_, leaf) in zip(names, leaves, strict=True)))


def _unique(names: list[str]) -> tuple[str, ...]:
    counts = Counter(names)
    return tuple(
        name if name and counts[name] == 1 else f"{name or _ONE_LEAF_NAME}_{position}" if len(names) > 1 else "params"
        for position, name in enumerate(names)
    )


def _weights(name: str, leaf: Any) -> FloatArray:
    try:
        array = np.asarray(leaf)
    except (TypeError, ValueError) as error:
        raise UserCodeFailed(f"init must return a tree of arrays, but {name} is {type(leaf).__name__}") from error
    if not jnp.issubdtype(array.dtype, jnp.floating):
        raise UserCodeFailed(
            f"init must return real numbers to train, but {name} has type {array.dtype}; keep what is not trained "
            "out of params, for instance in a variable of the module"
        )
    return array.astype(np.float32)


def _checked_outputs(outputs: Any, batch: int) -> jax.Array:
    if not isinstance(outputs, jax.Array) and not isinstance(outputs, np.ndarray):
        raise UserCodeFailed(f"apply must return one array of shape (batch, …), got {type(outputs).__name__}")
    if outputs.ndim < 1 or outputs.shape[0] != batch:
        raise UserCodeFailed(f"apply must return an array of shape ({batch}, …) for this batch, got {outputs.shape}")
    if not jnp.issubdtype(outputs.dtype, jnp.floating):
        raise UserCodeFailed(f"apply must return real numbers, got {outputs.dtype}")
    return jnp.asarray(outputs)
