"""Drawings with several ends: which outputs there are, which need a target, and which Lambda is a draw."""

from typing import Any

import pytest

from shared.errors import InvalidField
from shared.model_definition.latent_names import LatentRole, latent_role
from shared.model_definition.output_targets import LatentPair, latent_pairs, output_names, targets_of_outputs
from shared.model_definition.shapes import infer_shapes
from tests.shared.definitions import parsed, pattern, planned, refusal_of

_Node = tuple[str, dict[str, Any]]
INPUT: _Node = ("Input", {})
WIDE: _Node = ("Dense", {"units": 6})
NARROW: _Node = ("Dense", {"units": 2})


def drawn(*links: tuple[str, str], **nodes: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return pattern({"in": INPUT, **nodes}, *links)


def a_draw(**said: str) -> dict[str, Any]:
    links = [("in", "mu"), ("in", "log_var"), ("mu", "z"), ("log_var", "z"), ("z", "out")]
    return drawn(*links, mu=NARROW, log_var=NARROW, z=("Lambda", said), out=WIDE)


@pytest.mark.parametrize("name", ["mu", "z_mean", "fc_mu", "Latent Mean", "encoder.mu", "zMean", "mean_1"])
def test_names_of_means(name: str) -> None:
    assert latent_role(name) is LatentRole.MEAN


@pytest.mark.parametrize(
    "name", ["log_var", "logvar", "z_log_var", "fc_logvar", "LogVar", "log-variance", "log_sigma2"]
)
def test_names_of_log_variances(name: str) -> None:
    assert latent_role(name) is LatentRole.LOG_VARIANCE


@pytest.mark.parametrize("name", ["sigma", "log_sigma", "var", "multiply", "meanpool", "dense_1", ""])
def test_other_names_say_nothing(name: str) -> None:
    assert latent_role(name) is None


@pytest.mark.parametrize(
    "said",
    [
        "sampling",
        "reparameterize",
        "mu + exp(0.5 * log_var) * eps",
        "z_mean + K.exp(z_log_var / 2) * epsilon",
        "lambda mu, logvar: mu + torch.exp(0.5*logvar) * torch.randn_like(mu)",
        "mean + noise * exp(log_variance * 0.5)",
    ],
)
def test_a_lambda_that_says_it_draws_is_a_draw(said: str) -> None:
    graph = parsed(a_draw(function=said))
    assert latent_pairs(graph) == (LatentPair("mu", "log_var"),)
    assert planned(a_draw(function=said), (4,)) == ((6,), 2 * (4 * 2 + 2) + 2 * 6 + 6)


@pytest.mark.parametrize(
    "said", ["x * 2", "mu + exp(log_var) * eps", "mu + exp(0.5 * sigma) * eps", "log_var + exp(0.5 * mu)"]
)
def test_any_other_lambda_is_refused(said: str) -> None:
    assert "code in a model definition is never run" in refusal_of(a_draw(function=said))


def test_means_and_log_variances_of_different_shapes_are_refused() -> None:
    graph = drawn(("in", "mu"), ("in", "log_var"), mu=NARROW, log_var=WIDE)
    with pytest.raises(InvalidField, match=r"layer mu .* \(2,\), layer log_var .* \(6,\)"):
        infer_shapes(parsed(graph), (4,))


def test_an_output_that_leads_on_needs_no_target() -> None:
    ends = {"code": NARROW, "again": WIDE, "first": ("Output", {}), "second": ("Output", {})}
    graph = parsed(drawn(("in", "code"), ("code", "again"), ("code", "first"), ("again", "second"), **ends))
    assert output_names(graph) == ("first", "second")
    assert targets_of_outputs(graph, [""]) == (None, 0)
    assert targets_of_outputs(graph, ["Second", "first"]) == (1, 0)


def test_each_output_keeps_its_own_loss_and_width() -> None:
    nodes = {"kind": NARROW, "box": WIDE, "a": ("CrossEntropyLoss", {}), "b": ("MSELoss", {})}
    ends = {"kinds": ("Output", {"classes": 2}), "boxes": ("Output", {"classes": 6})}
    links = [("in", "kind"), ("in", "box"), ("kind", "a"), ("box", "b"), ("kind", "kinds"), ("box", "boxes")]
    graph = parsed(drawn(*links, **nodes, **ends))
    assert [(said.name, said.loss, said.width) for said in graph.said_of_outputs] == [
        ("kinds", "cross_entropy", 2),
        ("boxes", "mse", 6),
    ]
    assert "loss" not in graph.job_settings


def test_two_losses_of_one_output_are_refused() -> None:
    graph = drawn(("in", "a"), ("a", "x"), ("a", "y"), a=NARROW, x=("MSELoss", {}), y=("L1Loss", {}))
    assert "both say the job's loss" in refusal_of(graph)


def test_outputs_of_one_name_get_numbers() -> None:
    nodes = [
        {"id": i, "type": t, "name": n, "parameters": {}}
        for i, t, n in ((1, 77, "In"), (2, 0, "Dense"), (3, 0, "Dense"))
    ]
    links = [{"from_node": 1, "to_node": 2}, {"from_node": 1, "to_node": 3}]
    assert output_names(parsed({"nodes": nodes, "links": links})) == ("Dense", "Dense_2")


def test_a_generator_joined_to_its_discriminator_is_refused() -> None:
    ends: dict[str, _Node] = {"image": ("Output", {}), "verdict": ("Output", {})}
    links = [("in", "generator"), ("generator", "image"), ("generator", "discriminator"), ("discriminator", "verdict")]
    graph = drawn(*links, generator=WIDE, discriminator=NARROW, **ends)
    assert "two models against each other" in refusal_of(graph)
