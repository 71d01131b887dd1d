"""Training examples are changed on the device, by (seed, step) alone, and only those."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.training.api import TrainingEnvironment, prepare, save_checkpoint, train
from server_node.training.data.augmentation import augmented
from shared.augmentation import Augmentation
from shared.errors import InvalidField
from tests.server_node.training.builders import a_job, finished, run_to_step, timeless, weight_bits
from tests.server_node.training.data.test_feeding import feeding

IMAGES = "synthetic://images?samples=60&height=8&width=10&channels=2&classes=3"
LAYERS: list[dict[str, Any]] = [{"type": "flatten"}, {"type": "dense", "units": 3}]
KEY = jax.random.key(3)
PICTURES = jnp.asarray(np.arange(40 * 8 * 10 * 2, dtype=np.float32).reshape(40, 8, 10, 2) + 1)
LABELS = jnp.zeros(40, jnp.int32)
NOISE = jnp.float32(0.5)


def changed(change: Augmentation, targets: jax.Array = LABELS) -> tuple[np.ndarray, np.ndarray]:
    inputs, moved = augmented((change,), PICTURES, targets, KEY, NOISE)
    return np.asarray(inputs), np.asarray(moved)


def test_flip_mirrors_about_half_of_the_images() -> None:
    inputs, _ = changed(Augmentation.FLIP)
    is_flipped = np.array([np.array_equal(new, old[:, ::-1]) for new, old in zip(inputs, PICTURES, strict=True)])
    is_same = np.array([np.array_equal(new, old) for new, old in zip(inputs, PICTURES, strict=True)])
    assert (is_flipped ^ is_same).all()
    assert 10 < is_flipped.sum() < 30


def test_crop_moves_each_image_by_at_most_an_eighth_of_its_side() -> None:
    inputs, _ = changed(Augmentation.CROP)
    padded = np.pad(np.asarray(PICTURES), ((0, 0), (1, 1), (1, 1), (0, 0)))
    found = set()
    for image, source in zip(inputs, padded, strict=True):
        places = [(y, x) for y in range(3) for x in range(3) if np.array_equal(source[y : y + 8, x : x + 10], image)]
        assert len(places) == 1
        found.update(places)
    assert len(found) > 5


def test_noise_has_the_deviation_that_is_asked_for() -> None:
    added = changed(Augmentation.NOISE)[0] - np.asarray(PICTURES)
    assert abs(added.std() - 0.5) < 0.02
    assert abs(added.mean()) < 0.02


@pytest.mark.parametrize("change", [Augmentation.FLIP, Augmentation.CROP])
def test_targets_that_are_images_move_with_the_inputs(change: Augmentation) -> None:
    inputs, targets = changed(change, PICTURES * 2)
    np.testing.assert_array_equal(targets, inputs * 2)
    assert changed(change, LABELS)[1].tolist() == LABELS.tolist()


@pytest.mark.slow
@pytest.mark.parametrize("accumulation", [1, 2])
def test_augmented_training_is_the_same_bits_fed_resident_and_resumed(
    environment: TrainingEnvironment, tmp_path: Path, accumulation: int
) -> None:
    settings: dict[str, Any] = {"augment": "flip,crop,noise", "gradient_accumulation": accumulation}
    spec = a_job(LAYERS, IMAGES, batch_size=8, epochs=2, **settings)
    whole = finished(spec, environment)
    if accumulation == 1:
        assert weight_bits(finished(spec, feeding(5_000))) == weight_bits(whole)
    begun = prepare(spec, environment)
    run_to_step(begun, 3, chunk_seconds=0.0)
    save_checkpoint(begun.snapshot(), tmp_path / "c")
    resumed = prepare(spec, environment, checkpoints=[tmp_path / "c"])
    list(train(resumed))
    assert weight_bits(resumed) == weight_bits(whole)
    assert timeless(resumed.history) == timeless(whole.history)
    louder = a_job(LAYERS, IMAGES, batch_size=8, epochs=2, augment_noise=0.5, **settings)
    assert weight_bits(finished(louder, environment)) != weight_bits(whole)


def test_the_noise_is_a_number_that_compiles_nothing_anew(environment: TrainingEnvironment) -> None:
    first = prepare(a_job(LAYERS, IMAGES, augment="noise", augment_noise=0.1), environment)
    second = prepare(a_job(LAYERS, IMAGES, augment="noise", augment_noise=0.2), environment)
    assert first.program is second.program


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        ("synthetic://classification?samples=60&classes=3", "augment flip needs images"),
        ("synthetic://tokens?samples=60&classes=3", "augment flip is for real inputs"),
    ],
)
def test_what_cannot_be_changed_is_refused(environment: TrainingEnvironment, dataset: str, said: str) -> None:
    layers = [{"type": "embedding", "vocab_size": 64, "embedding_dim": 2}, *LAYERS] if "tokens" in dataset else LAYERS
    with pytest.raises(InvalidField, match=said) as caught:
        prepare(a_job(layers, dataset, augment="flip"), environment)
    assert caught.value.field == "hyperparameters.augment"
