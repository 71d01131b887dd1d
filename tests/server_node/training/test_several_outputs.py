"""Models with several outputs, and variational ones: what they learn, what they tell, and what the data must supply."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server_node.training.api import (
    TrainingEnvironment,
    plan_memory,
    prepare,
    prepare_judging,
    save_checkpoint,
    train,
    write_judged,
)
from server_node.training.losses.gaussian_divergence import gaussian_divergence
from shared.errors import BadData, InvalidField
from shared.job_check import check_job_spec
from shared.job_spec import JobSpec, job_spec_from_mapping
from tests.server_node.training.builders import (
    an_environment,
    clock_of_chunks,
    finished,
    run_to_step,
    timeless,
    weight_bits,
)
from tests.shared.definitions import pattern

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(3)
IMAGES = "synthetic://images?samples=48&height=28&width=28&channels=1"


def a_vae(hidden: int = 400, latent: int = 20, sample: str = "Lambda") -> dict[str, Any]:
    """The usual one for images of 28×28 pixels, drawn as a pattern."""
    said = {"function": "mu + exp(0.5 * log_var) * eps"} if sample == "Lambda" else {}
    return pattern(
        {
            "image": ("Input", {}),
            "hidden": ("Dense", {"units": "$hidden", "activation": "relu"}),
            "mu": ("Dense", {"units": "$latent"}),
            "log_var": ("Dense", {"units": "$latent"}),
            "z": (sample, said),
            "decoder": ("Dense", {"units": "$hidden", "activation": "relu"}),
            "pixels": ("Dense", {"units": 784}),
            "reconstruction": ("TensorReshape", {"shape": "-1,28,28,1"}),
        },
        ("image", "hidden"), ("hidden", "mu"), ("hidden", "log_var"), ("mu", "z"), ("log_var", "z"), ("z", "decoder"),
        ("decoder", "pixels"), ("pixels", "reconstruction"),
        hidden=hidden, latent=latent,
    )  # fmt: skip


HEADS = pattern(
    {
        "in": ("Input", {}),
        "trunk": ("Dense", {"units": 16, "activation": "relu"}),
        "kind": ("Dense", {"units": 3, "activation": "softmax"}),
        "box": ("Dense", {"units": 4}),
    },
    ("in", "trunk"),
    ("trunk", "kind"),
    ("trunk", "box"),
)


def a_job(model: dict[str, Any], dataset: str, *, batch_size: int = 4, epochs: int = 1, **settings: Any) -> JobSpec:
    return job_spec_from_mapping(
        {
            "model": model,
            "dataset": dataset,
            "batch_size": batch_size,
            "epochs": epochs,
            "hyperparameters": {"seed": 7, **settings},
        }
    )


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, TrainingEnvironment]:
    """A file with a target for each of two heads, and a node that may read it."""
    folder = tmp_path_factory.mktemp("heads")
    x = RNG.normal(size=(50, 8)).astype(np.float32)
    kind = (x[:, 0] > 0).astype(np.int64) + (x[:, 1] > 0)
    np.savez(folder / "heads.npz", x=x, kind=kind, box=x[:, :4] * 2)
    return f"file://{folder}/heads.npz", an_environment(folder)


def test_a_variational_autoencoder_has_the_textbook_number_of_parameters(environment: TrainingEnvironment) -> None:
    job = a_job(a_vae(), f"{IMAGES}&target=input")
    heads, decoder = 2 * (400 * 20 + 20), 20 * 400 + 400
    wanted = (784 * 400 + 400) + heads + decoder + (400 * 784 + 784)
    checked = check_job_spec(job)
    assert checked.parameters == wanted
    assert checked.summary is not None
    assert checked.summary[-1].output_shape == (28, 28, 1)
    small = a_job(a_vae(16, 3), f"{IMAGES}&target=input")
    plan = plan_memory(small, environment)
    assert plan.parameters == (784 * 16 + 16) + 2 * (16 * 3 + 3) + (3 * 16 + 16) + (16 * 784 + 784)


def test_one_epoch_tells_reconstruction_and_divergence(environment: TrainingEnvironment) -> None:
    run = finished(a_job(a_vae(16, 3), f"{IMAGES}&target=input", validation_split=0.25, kl_weight=0.5), environment)
    values = run.history[-1].values
    for start in ("", "val_"):
        loss, parts = values[f"{start}loss"], (values[f"{start}loss_reconstruction"], values[f"{start}kl"])
        assert loss == pytest.approx(parts[0] + 0.5 * parts[1], rel=1e-5)
        assert parts[1] > 0


def test_twenty_steps_on_one_batch_make_the_loss_fall(environment: TrainingEnvironment) -> None:
    job = a_job(a_vae(16, 3), f"{IMAGES}&target=input", batch_size=48, epochs=20, learning_rate=0.01)
    history = finished(job, environment).history
    assert history[-1].values["loss"] < 0.9 * history[0].values["loss"]


def test_without_a_weight_the_loss_is_the_bound_for_each_value(environment: TrainingEnvironment) -> None:
    values = finished(a_job(a_vae(16, 3, "Sampling"), f"{IMAGES}&target=input"), environment).history[-1].values
    assert values["loss"] == pytest.approx(values["loss_reconstruction"] + values["kl"] / 784, rel=1e-5)


def test_the_divergence_is_the_formula_of_the_paper() -> None:
    mean, log_variance = (RNG.normal(size=(5, 2, 3)).astype(np.float32) for _ in range(2))
    sigma = np.exp(log_variance / 2)
    wanted = -0.5 * np.sum(1 + np.log(sigma**2) - mean**2 - sigma**2, axis=(1, 2))
    np.testing.assert_allclose(gaussian_divergence(mean, log_variance), wanted, rtol=1e-5)  # type: ignore[arg-type]  # host twins


def test_the_divergence_of_a_run_is_that_of_its_own_weights(environment: TrainingEnvironment) -> None:
    encoder = pattern(
        {"in": ("Input", {}), "fc_mu": ("Dense", {"units": 2}), "fc_logvar": ("Dense", {"units": 2})},
        ("in", "fc_mu"),
        ("in", "fc_logvar"),
    )
    job = a_job(encoder, "synthetic://classification?samples=40&features=6", epochs=2, test_split=0.25)
    run = finished(job, environment)
    result, rows = run.result(), run.setup.splits.test
    source: Any = run._parts.dataset
    x = np.asarray(source.source.inputs)[rows]
    mean, log_variance = (
        x @ result.weights[f"{name}.kernel"] + result.weights[f"{name}.bias"] for name in ("fc_mu", "fc_logvar")
    )
    wanted = 0.5 * np.sum(np.exp(log_variance) + mean**2 - 1 - log_variance, axis=1).mean()
    assert result.final_metrics["test_kl"] == pytest.approx(wanted, rel=1e-5)
    assert result.final_metrics["test_loss"] == pytest.approx(wanted, rel=1e-5)


def test_each_output_learns_its_target(heads: tuple[str, TrainingEnvironment]) -> None:
    run = finished(a_job(HEADS, heads[0], epochs=30, learning_rate=0.02), heads[1])
    first, last = run.history[0].values, run.history[-1].values
    assert last["loss"] == pytest.approx(last["loss_kind"] + last["loss_box"], rel=1e-5)
    assert last["loss_kind"] < 0.5 * first["loss_kind"]
    assert last["loss_box"] < 0.5 * first["loss_box"]
    assert last["accuracy_kind"] > 0.8
    outputs = run.result().description["outputs"]
    assert [(output["name"], output["outputs_are"]) for output in outputs] == [
        ("kind", "logits"),
        ("box", "predictions"),
    ]


def test_chunks_and_a_kill_change_no_bit_of_two_outputs(heads: tuple[str, TrainingEnvironment], tmp_path: Path) -> None:
    job = a_job(HEADS, heads[0], epochs=2, validation_split=0.2, gradient_accumulation=2, metric_interval_steps=3)
    _check_chunks_and_a_kill_change_nothing(job, heads[1], tmp_path)


def test_chunks_and_a_kill_change_no_bit_of_a_model_that_draws(
    environment: TrainingEnvironment, tmp_path: Path
) -> None:
    job = a_job(a_vae(16, 3), f"{IMAGES}&target=input", epochs=2, validation_split=0.25)
    _check_chunks_and_a_kill_change_nothing(job, environment, tmp_path)


def _check_chunks_and_a_kill_change_nothing(job: JobSpec, node: TrainingEnvironment, folder: Path) -> None:
    """Compare chunks of 7 steps with single steps, killed in the second epoch and taken up again."""
    whole, killed = finished(job, node, chunk_seconds=1.0, clock=clock_of_chunks([7])), prepare(job, node)
    run_to_step(killed, killed.steps_per_epoch + 2, chunk_seconds=0.0)
    save_checkpoint(killed.snapshot(), folder / "c")
    resumed = prepare(job, node, checkpoints=[folder / "c"])
    assert (resumed.start_step, resumed.resume_note) == (killed.step, None)
    list(train(resumed, chunk_seconds=0.0))
    assert weight_bits(resumed) == weight_bits(whole)
    assert timeless(resumed.history) == timeless(whole.history)


def test_predictions_are_made_for_every_output(heads: tuple[str, TrainingEnvironment], tmp_path: Path) -> None:
    job = a_job(HEADS, heads[0]).model_copy(update={"job_type": "inference"})
    judging = prepare_judging(job, heads[1])
    list(judging.run())
    write_judged(judging, tmp_path)
    written = np.load(tmp_path / "predictions.npz")
    assert written["kind"].shape == (50, 3)
    assert written["box"].shape == (50, 4)
    np.testing.assert_allclose(written["kind"].sum(axis=1), 1.0, rtol=1e-5)
    np.testing.assert_array_equal(written["kind"], written["predictions"])


@pytest.mark.parametrize("name", ["file", "classes", "Predictions"])
def test_outputs_may_be_called_like_what_an_archive_holds_anyway(tmp_path: Path, name: str) -> None:
    np.savez(tmp_path / "x.npz", x=np.zeros((8, 8), np.float32))
    model = pattern(
        {"in": ("Input", {}), "kind": ("Dense", {"units": 3}), name: ("Dense", {"units": 4})},
        ("in", "kind"),
        ("in", name),
    )
    judging = prepare_judging(
        a_job(model, f"file://{tmp_path}/x.npz").model_copy(update={"job_type": "inference"}), an_environment(tmp_path)
    )
    list(judging.run())
    write_judged(judging, tmp_path)
    written = np.load(tmp_path / "predictions.npz")
    assert written[f"{name}_output"].shape == (8, 4)
    assert written["predictions"].shape == (8, 3)


def test_outputs_without_their_targets_are_refused() -> None:
    job = a_job(HEADS, "synthetic://classification?samples=50&features=8&classes=3")
    with pytest.raises(InvalidField, match=r"outputs 'kind' and 'box' need a target each.*one target without a name"):
        check_job_spec(job)


def test_a_file_that_names_other_targets_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((20, 8)), kind=np.arange(20) % 3, area=np.zeros((20, 4)))
    with pytest.raises(InvalidField, match=r"'box'.*'kind', 'area'"):
        prepare(a_job(HEADS, f"file://{tmp_path}/a.npz"), an_environment(tmp_path))


@pytest.mark.parametrize(
    ("file", "array", "query"),
    [
        ("images.npy", RNG.random((20, 4, 4, 1)), ""),
        ("table.npy", RNG.random((20, 16)), "?target=none"),
        ("only.npz", {"x": RNG.random((20, 16))}, ""),
        ("both.npz", {"x": RNG.random((20, 16)), "y": np.zeros(20)}, "?target=none"),
        ("table.csv", RNG.random((20, 16)), "?target=none"),
    ],
)
def test_predictions_need_no_targets_and_a_training_does(tmp_path: Path, file: str, array: Any, query: str) -> None:
    if file.endswith("csv"):
        np.savetxt(tmp_path / file, array, delimiter=",")
    elif file.endswith("npz"):
        np.savez(tmp_path / file, **array)
    else:
        np.save(tmp_path / file, array)
    model = {"layers": [{"type": "flatten"}, {"type": "dense", "units": 3}]}
    job = a_job(model, f"file://{tmp_path}/{file}{query}", batch_size=8)
    node = an_environment(tmp_path)
    for job_type in ("training", "evaluation"):
        with pytest.raises(BadData, match=f"has no targets, and {job_type} compares with them"):
            prepare(job.model_copy(update={"job_type": job_type}), node)
    judging = prepare_judging(job.model_copy(update={"job_type": "inference"}), node)
    list(judging.run())
    assert judging.predictions is not None
    assert judging.predictions.shape == (20, 3)
