"""A model of our own, compiled for serving: one program for each batch size, weights on the device once.

Memory is known before anything runs: the weights, all code, and the largest program's temporary memory and batch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from server_node.serving.batcher import buckets_up_to
from server_node.serving.served_form import served_form
from server_node.serving.served_model import ModelFace, Rows, ValueSpec
from server_node.training.abstract import abstract, pinned
from server_node.training.data.dataset_form import DatasetForm, Scale
from server_node.training.device_failures import device_failures
from server_node.training.ends import ended_network
from server_node.training.given_weights import first_model, trained_on_of
from server_node.training.layers.formulation_rule import formulation_for
from server_node.training.layers.layer import Formulation
from server_node.training.memory import tree_bytes
from server_node.training.models.network import Moment, Network, apply_network, layer_numbers
from server_node.training.program import compile_lowered
from shared.job_spec import JobSpec
from shared.serving import Serving

ShouldStop = Callable[[], bool]


class JaxModel:
    """See `ServedModel`. Batches between two sizes are filled up with zeros, whose outputs are cut off."""

    def __init__(self, network: Network, form: DatasetForm, placed: Any, programs: dict[int, Any]) -> None:
        self._network = network
        self._scale = form.scale
        self._placed = placed
        self._programs = programs
        self._sizes = sorted(programs)
        dtype = np.dtype(np.int32 if form.has_tokens else np.float32)
        count = 1 + len(form.more_input_shapes)
        names = ["input"] if count == 1 else [f"input_{place}" for place in range(count)]
        self._padded = {size: np.zeros(_batch_shape(form, size), dtype) for size in programs}
        self.face = ModelFace(
            tuple(ValueSpec(name, form.input_shape, dtype) for name in names),
            tuple(
                ValueSpec(name, network.layers[position].output_shape, np.dtype(np.float32))
                for name, position in zip(network.output_names or ("output",), network.outputs, strict=True)
            ),
            form.columns,
        )
        self.memory_bytes = self._account()

    def compute(self, inputs: tuple[Rows, ...]) -> tuple[Rows, ...]:
        """Give the outputs of some rows."""
        rows = len(inputs[0])
        size = next(size for size in self._sizes if size >= rows)
        padded = self._padded[size]
        joined = inputs[0] if len(inputs) == 1 else np.stack(inputs, axis=1)
        padded[:rows] = joined if self._scale is None else _scaled(joined, self._scale)
        padded[rows:] = 0
        with device_failures("predicting"):
            outputs = self._programs[size](*self._placed, padded)
            return tuple(np.asarray(output)[:rows] for output in outputs)

    def _account(self) -> int:
        analyses = [program.memory_analysis() for program in self._programs.values()]
        known = [analysis for analysis in analyses if analysis is not None]
        code = sum(int(analysis.generated_code_size_in_bytes) for analysis in known)
        largest = max((int(each.temp_size_in_bytes + each.output_size_in_bytes) for each in known), default=0)
        return tree_bytes(self._placed) + code + largest + sum(2 * padded.nbytes for padded in self._padded.values())


def load_jax_model(
    spec: JobSpec, serving: Serving, weights: Path, device: jax.Device, should_stop: ShouldStop
) -> JaxModel | None:
    """Read the weights and compile for every batch size; None when `should_stop` said so on the way.

    Raises:
        UserMistake: the weights are of another model, or it is not known what a row is.
        OutOfMemory: the device cannot hold it.
    """
    form = served_form(spec, serving, trained_on_of(weights))
    network = ended_network(spec.model_copy(update={"job_type": "inference"}), form).network
    with device_failures("loading the model"):
        learned, observed = first_model(network, 0, weights)
        placed = jax.device_put((learned, observed, layer_numbers(network)), device)
        forward = partial(_forward, network, formulation_for(device, spec.model_definition), _precision(spec))
        programs: dict[int, Any] = {}
        for size in buckets_up_to(serving.largest_batch):
            if should_stop():
                return None
            rows = abstract(_batch_shape(form, size), np.int32 if form.has_tokens else np.float32)
            lowered = jax.jit(forward).lower(*pinned(placed, device), pinned(rows, device))
            programs[size] = compile_lowered(lowered, device)
        return JaxModel(network, form, placed, programs)


def _forward(
    network: Network, formulation: Formulation, precision: str, weights: Any, statistics: Any, numbers: Any, rows: Any
) -> tuple[jax.Array, ...]:
    mask = jax.numpy.ones((rows.shape[0],), np.float32)
    moment = Moment(is_training=False, mask=mask, key=None, formulation=formulation, precision=precision)
    outputs, _ = apply_network(network, weights, statistics, numbers, rows, moment)
    several = outputs if isinstance(outputs, tuple) else (outputs,)
    return several[: network.output_count]


def _precision(spec: JobSpec) -> str:
    return spec.hyperparameters.structure().precision


def _batch_shape(form: DatasetForm, size: int) -> tuple[int, ...]:
    if not form.more_input_shapes:
        return (size, *form.input_shape)
    return (size, 1 + len(form.more_input_shapes), *form.input_shape)


def _scaled(rows: Rows, scale: Scale) -> Rows:
    scaled: Rows = (rows - np.array(scale.offset)) / np.array(scale.width)
    return scaled
