"""A first guess of the memory a job needs, from its graph alone, without JAX.

    parameters × 4 bytes × (weights + gradients + optimizer state) + batch × activations × 4 bytes × 2 + data + overhead

A node's compiler gives the true account when the attempt starts, so this needs to be of the right size, not exact. What
only the data can tell (its shape, its number of examples) is counted with a fixed sum.
"""

from __future__ import annotations

import functools
import math
from dataclasses import replace

from shared.dataset_facts import DatasetFacts, dataset_facts
from shared.dataset_uri import parse_dataset_uri
from shared.errors import UserMistake
from shared.hyperparameter_names import Optimizer
from shared.job_spec import JobSpec
from shared.model_definition.example_shape import example_shape
from shared.model_definition.graph import LayerSummary
from shared.model_definition.implied_flatten import with_implied_flatten
from shared.model_definition.parse import LONGEST_REMEMBERED, parse_model_definition
from shared.model_definition.shapes import summarize
from shared.serving import Serving
from shared.user_model import runs_user_code

FLOAT_BYTES = 4
OVERHEAD_BYTES = 64 * 2**20
"""Compiled programs, workspaces and what the runtime keeps beside an attempt's arrays."""
UNKNOWN_MODEL_BYTES = 512 * 2**20
"""For a job whose shapes only its data can tell."""

_OPTIMIZER_SLOTS = {
    Optimizer.SGD: 0,
    Optimizer.MOMENTUM: 1,
    Optimizer.NESTEROV: 1,
}
_MOST_SLOTS = 2
"""Two moments for each parameter: what Adam and its kind keep."""


def estimate_bytes(spec: JobSpec) -> int:
    """Return about how many bytes the job will hold on its device."""
    if spec.serving is not None:
        return _estimate_of_replica(spec, spec.serving)
    slots = _OPTIMIZER_SLOTS.get(spec.hyperparameters.optimizer, _MOST_SLOTS)
    remembered = _of_small_models if len(spec.model_definition) <= LONGEST_REMEMBERED else _of_large_models
    return remembered(spec.model_definition, spec.dataset, spec.batch_size, slots)


def _estimate_of_replica(spec: JobSpec, serving: Serving) -> int:
    """Return parameters, once, and what goes forward of its largest batch."""
    facts = dataset_facts(parse_dataset_uri(spec.dataset))
    layers = _layers(spec.model_definition, replace(facts, example_shape=serving.input_shape or facts.example_shape))
    if layers is None:
        return UNKNOWN_MODEL_BYTES
    parameters = sum(layer.parameters for layer in layers)
    activations = sum(math.prod(layer.output_shape) for layer in layers)
    return FLOAT_BYTES * (parameters + activations * serving.largest_batch) + OVERHEAD_BYTES


def _estimate(model_definition: str, dataset: str, batch_size: int, optimizer_slots: int) -> int:
    facts = dataset_facts(parse_dataset_uri(dataset))
    layers = _layers(model_definition, facts)
    if layers is None:
        return UNKNOWN_MODEL_BYTES
    parameters = sum(layer.parameters for layer in layers)
    activations = sum(math.prod(layer.output_shape) for layer in layers)
    state_floats = parameters * (2 + optimizer_slots)
    batch_floats = activations * 2 * batch_size
    return FLOAT_BYTES * (state_floats + batch_floats + _data_floats(facts)) + OVERHEAD_BYTES


_of_small_models = functools.lru_cache(maxsize=4096)(_estimate)
_of_large_models = functools.lru_cache(maxsize=16)(_estimate)


def _layers(model_definition: str, facts: DatasetFacts) -> tuple[LayerSummary, ...] | None:
    if facts.example_shape is None or runs_user_code(model_definition):
        return None
    try:
        shape = example_shape(facts.example_shape, facts.more_input_shapes)
        return summarize(with_implied_flatten(parse_model_definition(model_definition), shape), shape)
    except UserMistake:
        return None  # Refused at submission when it can be known there, else the node will say it better.


def _data_floats(facts: DatasetFacts) -> int:
    return math.prod(facts.example_shape or ()) * (facts.examples or 0)
