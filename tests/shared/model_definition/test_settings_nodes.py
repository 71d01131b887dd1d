"""Loss, optimizer, schedule and data nodes: what each says about the job, and what is refused by node and reason."""

from itertools import pairwise
from typing import Any

import pytest

from shared.hyperparameter_names import Loss, Optimizer, Schedule
from shared.job_spec import JobSpec, job_spec_from_mapping
from shared.model_definition.settings_nodes import SETTINGS_NODES
from shared.model_definition.vocabulary import DESIGNER_NAMES, SETTINGS_ROLES, SettingsRole
from tests.shared.definitions import a_job, designer_graph, designer_node, parsed, refusal_of

LAYER = designer_node(1, 0, units="10")


def graph_with(*nodes: dict[str, Any]) -> dict[str, Any]:
    return designer_graph([LAYER, *nodes], *pairwise([1, *(node["id"] for node in nodes)]))


def settings(type_name: str, **parameters: str) -> dict[str, str]:
    node = designer_node(2, DESIGNER_NAMES.index(type_name), **parameters)
    return dict(parsed(designer_graph([LAYER, node])).job_settings)


def job_with(*nodes: tuple[str, dict[str, str]], **hyperparameters: Any) -> JobSpec:
    drawn = [
        designer_node(place, DESIGNER_NAMES.index(name), **said) for place, (name, said) in enumerate(nodes, start=2)
    ]
    return job_spec_from_mapping(a_job(model=designer_graph([LAYER, *drawn]), hyperparameters=hyperparameters))


def test_every_settings_node_of_the_vocabulary_is_in_the_table() -> None:
    assert {name for name, role in SETTINGS_ROLES.items() if role is not SettingsRole.OUTPUT} == set(SETTINGS_NODES)


@pytest.mark.parametrize("name", [name for name, node in SETTINGS_NODES.items() if not node.refused])
def test_what_a_node_says_without_parameters_makes_a_job(name: str) -> None:
    job_with((name, {}))


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("MSELoss", Loss.MSE),
        ("CrossEntropyLoss", Loss.CROSS_ENTROPY),
        ("BCELoss", Loss.BCE),
        ("BCEWithLogits", Loss.BCE_WITH_LOGITS),
        ("L1Loss", Loss.L1),
        ("SmoothL1Loss", Loss.SMOOTH_L1),
        ("HuberLoss", Loss.HUBER),
        ("NLLLoss", Loss.NLL),
    ],
)
def test_losses_are_named(name: str, loss: Loss) -> None:
    assert job_with((name, {"reduction": "mean"})).hyperparameters.loss is loss


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam"])
def test_optimizers_take_a_rate_and_a_decay(name: str) -> None:
    chosen = job_with((name, {"lr": "2e-3", "weight_decay": "1e-4"})).hyperparameters
    assert chosen.optimizer is Optimizer(name.lower())
    assert (chosen.learning_rate, chosen.weight_decay) == (2e-3, 1e-4)


def test_optimizers_take_their_own_parameters() -> None:
    adam = job_with(("Adam", {"betas": "(0.8, 0.99)", "eps": "1e-7", "amsgrad": "false"})).hyperparameters
    assert (adam.beta1, adam.beta2, adam.epsilon) == (0.8, 0.99, 1e-7)
    rmsprop = job_with(("RMSprop", {"alpha": "0.95", "momentum": "0.5", "centered": "false"})).hyperparameters
    assert (rmsprop.beta2, rmsprop.momentum) == (0.95, 0.5)
    assert job_with(("SGD", {"momentum": "0.9", "nesterov": "true"})).hyperparameters.optimizer is Optimizer.NESTEROV


def test_schedules_that_count_epochs_say_so() -> None:
    assert settings("StepLR", step_size="10", gamma="0.5") == {
        "schedule": "step",
        "decay_epochs": "10",
        "decay_rate": "0.5",
    }
    assert settings("ExponentialLR", gamma="0.9") == {"schedule": "step", "decay_epochs": "1", "decay_rate": "0.9"}
    assert settings("CosineAnnealing", T_max="20", eta_min="1e-5", last_epoch="-1") == {
        "schedule": "cosine",
        "decay_epochs": "20",
        "end_learning_rate": "1e-5",
    }


def test_a_decay_in_steps_is_smooth() -> None:
    chosen = settings("ExponentialLR", gamma="0.9", decay_steps="100")
    assert chosen == {"schedule": "exponential", "decay_steps": "100", "decay_rate": "0.9"}


def test_a_warm_up_stands_in_front_of_another_schedule() -> None:
    chosen = job_with(("WarmupScheduler", {"warmup_epochs": "2"}), ("CosineAnnealing", {"T_max": "8"})).hyperparameters
    assert (chosen.schedule, chosen.warmup_epochs, chosen.decay_epochs) == (Schedule.COSINE, 2, 8)


def test_epochs_become_steps() -> None:
    chosen = job_with(("StepLR", {"step_size": "3"}), ("WarmupScheduler", {"warmup_epochs": "2"})).hyperparameters
    in_steps = chosen.with_epochs_in_steps(50)
    assert (in_steps.decay_steps, in_steps.warmup_steps) == (150, 100)
    said = job_with(("StepLR", {"step_size": "3"}), decay_steps=7).hyperparameters.with_epochs_in_steps(50)
    assert said.decay_steps == 7


def test_the_defaults_of_a_data_split_are_accepted() -> None:
    said = {"train_ratio": "0.8", "val_ratio": "0.1", "test_ratio": "0.1", "stratified": "false", "seed": "42"}
    chosen = job_with(("DataSplit", said)).hyperparameters
    assert (chosen.validation_split, chosen.test_split, chosen.seed) == (0.1, 0.1, 42)


def test_a_loader_says_how_batches_are_made() -> None:
    spec = job_with(("DataLoader", {"batch_size": "8", "shuffle": "false", "drop_last": "true", "num_workers": "4"}))
    assert (spec.batch_size, spec.hyperparameters.shuffle, spec.hyperparameters.drop_last) == (8, False, True)


def test_the_jobs_own_fields_win() -> None:
    chosen = job_with(("Adam", {"lr": "1"}), optimizer="sgd", learning_rate=0.5).hyperparameters
    assert (chosen.optimizer, chosen.learning_rate) == (Optimizer.SGD, 0.5)


def test_an_augmentation_is_what_the_job_is_told() -> None:
    assert settings("Augmentation", transforms="flip,crop", flip_prob="0.5") == {"augment": "flip,crop"}


@pytest.mark.parametrize(
    ("type_name", "parameters", "words"),
    [
        ("ReduceOnPlateau", {}, ["node 2", "not supported yet", "CosineAnnealing"]),
        ("L1Regularization", {}, ["node 2", "L1 norm", "weight_decay"]),
        ("ElasticNet", {}, ["node 2", "mixed norm"]),
        ("MSELoss", {"reduction": "sum"}, ["node 2", "reduction='sum'", "use mean"]),
        ("HuberLoss", {"delta": "2"}, ["node 2", "delta='2'", "use 1"]),
        ("CrossEntropyLoss", {"weight": "[1, 2]"}, ["node 2", "weight"]),
        ("Adam", {"betas": "0.9"}, ["node 2", "betas must be two numbers"]),
        ("Adam", {"amsgrad": "true"}, ["node 2", "amsgrad='true'"]),
        ("RMSprop", {"centered": "maybe"}, ["node 2", "centered must be true or false"]),
        ("SGD", {"speed": "1"}, ["node 2", "unknown parameter 'speed'"]),
        ("Augmentation", {"flip_prob": "0.3"}, ["node 2", "flip_prob='0.3'", "use 0.5"]),
        ("DataSplit", {"train_ratio": "1.8"}, ["node 2", "train_ratio='1.8'", "no share"]),
    ],
)
def test_what_is_not_offered_is_refused_by_node(type_name: str, parameters: dict[str, str], words: list[str]) -> None:
    sentence = refusal_of(graph_with(designer_node(2, DESIGNER_NAMES.index(type_name), **parameters)))
    assert [word for word in words if word not in sentence] == []
