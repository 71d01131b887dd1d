"""Changing training examples on the device, by a key that follows from (seed, step) alone.

Images are `(batch, height, width, channels)`. Targets of the images' own height and width move with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from server_node.training.data.dataset_form import DatasetForm
from shared.augmentation import NEEDS_IMAGES, Augmentation
from shared.errors import InvalidField

KEY_OF_AUGMENTATION = 2**31 - 1
"""Folded into a step's key; layers fold in their positions, which are smaller."""
PART_OF_SIDE = 8
"""How far a crop moves an image at most: an eighth of its side, at least one pixel, black coming in."""

Move = Callable[[jax.Array], jax.Array]


def check_augmentations(changes: Sequence[Augmentation], form: DatasetForm) -> None:
    """Refuse changes that the inputs of a dataset cannot take.

    Raises:
        InvalidField: naming the change and the shape.
    """
    for change in changes:
        reason = _why_not(change, form)
        if reason:
            raise InvalidField(f"augment {change} {reason}", field="hyperparameters.augment")


def _why_not(change: Augmentation, form: DatasetForm) -> str:
    if form.has_tokens:
        return f"is for real inputs, {form.name} has tokens; leave it out"
    if form.more_input_shapes:
        return f"is for one input, {form.name} has {1 + len(form.more_input_shapes)}; leave it out"
    if change in NEEDS_IMAGES and len(form.input_shape) != 3:
        return f"needs images (height, width, channels), {form.name} has inputs of shape {form.input_shape}"
    return ""


def augmented(
    changes: Sequence[Augmentation], inputs: jax.Array, targets: Any, key: jax.Array, noise: jax.Array
) -> tuple[jax.Array, Any]:
    """Change the examples of one batch.

    Args:
        changes: in the order of `Augmentation`.
        inputs: `(batch, …)` float32.
        targets: `(batch, …)`, or a tuple of such.
        key: of the batch.
        noise: the deviation of what `noise` adds.
    """
    key = jax.random.fold_in(key, KEY_OF_AUGMENTATION)
    size = inputs.shape[1:3]

    def has_places(target: jax.Array) -> bool:
        return target.ndim == 4 and target.shape[1:3] == size

    for change in changes:
        place = list(Augmentation).index(change)
        drawn = jax.random.fold_in(key, place)
        if change is Augmentation.NOISE:
            inputs = inputs + noise * jax.random.normal(drawn, inputs.shape, inputs.dtype)
            continue
        move = _flip(inputs, drawn) if change is Augmentation.FLIP else _crop(inputs, drawn)
        targets = jax.tree.map(lambda target, move=move: move(target) if has_places(target) else target, targets)
        inputs = move(inputs)
    return inputs, targets


def _flip(images: jax.Array, key: jax.Array) -> Move:
    """Mirror half of the images, left for right."""
    is_flipped = jax.random.bernoulli(key, 0.5, (images.shape[0],))[:, None, None, None]
    return lambda values: jnp.where(is_flipped, values[:, :, ::-1], values)


def _crop(images: jax.Array, key: jax.Array) -> Move:
    """Move each image by some pixels, up or down and to a side."""
    examples, height, width, _ = images.shape
    rows, columns = max(1, height // PART_OF_SIDE), max(1, width // PART_OF_SIDE)
    most = jnp.array([2 * rows + 1, 2 * columns + 1], jnp.int32)
    offsets = jax.random.randint(key, (examples, 2), 0, most[None, :], jnp.int32)

    def moved(values: jax.Array) -> jax.Array:
        padded = jnp.pad(values, ((0, 0), (rows, rows), (columns, columns), (0, 0)))

        def cut(image: jax.Array, offset: jax.Array) -> jax.Array:
            start = (offset[0], offset[1], jnp.int32(0))
            return jax.lax.dynamic_slice(image, start, (height, width, image.shape[-1]))

        return jax.vmap(cut)(padded, offsets)

    return moved
