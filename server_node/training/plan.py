"""What a job would need, without running it: compiled on shapes alone, where the form of the data is known unopened."""

from __future__ import annotations

from dataclasses import dataclass

import jax

from server_node.training.data.dataset_form import DatasetForm
from server_node.training.data.open_dataset import open_dataset
from server_node.training.environment import TrainingEnvironment
from server_node.training.layers.formulation_rule import formulation_for
from server_node.training.memory import MemoryAccount
from server_node.training.prepare import cached_program, judged_model, memory_account, with_windows
from server_node.training.setup import TrainingSetup, training_setup
from server_node.training.stopping import ShouldStop, never_stop
from shared.dataset_facts import dataset_facts
from shared.dataset_uri import BuiltinDataset, parse_dataset_uri
from shared.job_spec import JobSpec
from shared.model_definition.graph import LayerSummary
from shared.model_definition.kinds import KINDS

DIGITS_TRAIN_EXAMPLES = 1438


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What would happen.

    Attributes:
        layers: the layers as they would be computed, implied ones included.
        parameters: numbers that would be learned.
        memory: by purpose.
        flops_per_step: by the compiler's own count.
    """

    layers: tuple[LayerSummary, ...]
    parameters: int
    memory: MemoryAccount
    flops_per_step: float

    @property
    def memory_bytes(self) -> int:
        """What admission would count."""
        return self.memory.total_bytes


def plan_memory(
    spec: JobSpec,
    environment: TrainingEnvironment,
    *,
    device: jax.Device | None = None,
    should_stop: ShouldStop = never_stop,
) -> PlanReport:
    """Compile a job on abstract shapes and give what the compiler says.

    Data are opened only where their form is not known without them: files and artifacts.

    Raises:
        UserMistake: what `prepare` would raise for the same job.
    """
    where = device or jax.local_devices()[0]
    form = _known_form(spec.dataset) or _opened_form(spec, environment, where, should_stop)
    setup = with_windows(training_setup(spec, form, formulation_for(where, spec.model_definition)), form, environment)
    program = cached_program(setup.structure, environment, where, should_stop)
    layers = _summaries(setup)
    return PlanReport(
        layers=layers,
        parameters=sum(layer.parameters for layer in layers),
        memory=memory_account(program, setup),
        flops_per_step=program.flops_per_step,
    )


def _opened_form(
    spec: JobSpec, environment: TrainingEnvironment, where: jax.Device, should_stop: ShouldStop
) -> DatasetForm:
    model = judged_model(spec, environment)
    return open_dataset(spec.dataset, environment, where, should_stop, model=model).form


def _known_form(uri: str) -> DatasetForm | None:
    parsed = parse_dataset_uri(uri)
    facts = dataset_facts(parsed)
    if facts.example_shape is None or facts.examples is None:
        return None
    train = DIGITS_TRAIN_EXAMPLES if isinstance(parsed, BuiltinDataset) else facts.examples
    return DatasetForm(
        name=uri,
        input_shape=facts.example_shape,
        target_shape=facts.target_shape or (),
        examples=facts.examples,
        train_examples=train,
        classes=facts.classes,
        has_tokens=facts.has_tokens,
        tokens=facts.tokens,
        more_input_shapes=facts.more_input_shapes,
    )


def _summaries(setup: TrainingSetup) -> tuple[LayerSummary, ...]:
    return tuple(
        LayerSummary(
            layer.node.node_id,
            layer.node.name,
            layer.node.kind,
            layer.output_shape,
            KINDS[layer.node.kind].parameter_count(layer.node.parameters, layer.input_shapes or (layer.output_shape,)),
        )
        for layer in setup.structure.network.layers
    )
