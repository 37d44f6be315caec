"""Augmentation: random changes of training images that keep their class."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

_PADDING = 4


def crop_flip(
    key: PRNGKeyArray, x: Float[Array, "n ... height width"]
) -> Float[Array, "n ... height width"]:
    """Shift every image by up to 4 pixels in both directions, and mirror half of them.

    The usual augmentation of CIFAR: the image is padded by 4 pixels of zeros on all sides and
    cropped to its size at one of 81 equally likely places, then flipped horizontally with
    probability ½.
    """
    crop_key, flip_key = jax.random.split(key)
    corners = jax.random.randint(crop_key, (len(x), 2), 0, 2 * _PADDING + 1)
    flipped = jax.random.bernoulli(flip_key, shape=(len(x),))
    rim = [(0, 0)] * (x.ndim - 2) + [(_PADDING, _PADDING)] * 2

    def change(
        image: Float[Array, "... height width"], corner: Array, flip: Array
    ) -> Float[Array, "... height width"]:
        start = [0] * (image.ndim - 2) + [corner[0], corner[1]]
        crop = jax.lax.dynamic_slice(jnp.pad(image, rim[1:]), start, image.shape)
        return jnp.where(flip, crop[..., ::-1], crop)

    return jax.vmap(change)(x, corners, flipped)


#: Name -> function: the values of a recipe's `augment`.
AUGMENTATIONS: dict[str, Callable[[PRNGKeyArray, Array], Array]] = {"crop_flip": crop_flip}


def check_images(augment: str, input_shape: tuple[int, ...]) -> None:
    """Raise ValueError where data of this shape are not images."""
    if len(input_shape) < 2:
        raise ValueError(
            f"`augment` = {augment!r} needs images, their last two axes height and width, got "
            f"data of shape {input_shape}."
        )
