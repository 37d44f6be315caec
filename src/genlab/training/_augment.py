"""Random changes of training images that leave their class as it is."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

_PADDING = 4


def crop_flip(
    key: PRNGKeyArray, x: Float[Array, "n ... height width"]
) -> Float[Array, "n ... height width"]:
    """Every image moved by up to 4 pixels each way, black coming in, and half of them mirrored.

    The usual augmentation of CIFAR: a random crop of the image with 4 pixels of zeros
    around it, each of the 81 places as likely, and a horizontal flip with probability a half.
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


#: What a recipe's `augment` may be.
AUGMENTATIONS: dict[str, Callable[[PRNGKeyArray, Array], Array]] = {"crop_flip": crop_flip}


def check_images(augment: str, input_shape: tuple[int, ...]) -> None:
    """Raise ValueError where data of this shape cannot be augmented so."""
    if len(input_shape) < 2:
        raise ValueError(
            f"`augment` = {augment!r} needs images, their last two axes height and width, got "
            f"data of shape {input_shape}."
        )
