"""What is kept of the test examples: counts of classes, or the predictions of a regression.

The counts, by class and predicted class, and by confidence, are a few numbers per model, whatever
the number of examples, and hold all that confusion matrices and calibration are measured from.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

#: Number of bins of the confidence, of equal width from 0 to 1.
N_BINS = 15
#: The logits of each test example, which are kept where they are asked for.
OUTPUTS = "test_outputs"
#: Task -> names of its outcomes, the one with one row per test example last.
OUTCOMES = {
    "classification": ("test_confusion", "test_confidence", "test_wrong"),
    "regression": ("test_predictions",),
}


def no_test(n_outputs: int, task: str) -> dict[str, Float[Array, ...]]:
    """The measured values of a test set without examples."""
    found = {"test_loss": jnp.array(jnp.nan), "test_error": jnp.array(jnp.nan)}
    if task == "regression":
        return found | {"test_predictions": jnp.zeros(0)}
    counts = (jnp.zeros((n_outputs, n_outputs)), jnp.zeros((3, N_BINS)), jnp.zeros(0, bool))
    return found | dict(zip(OUTCOMES[task], counts, strict=True))


def outcomes(
    logits: Float[Array, "classes n"],
    y: Int[Array, " n"],
    weight: Float[Array, " n"] | None = None,
) -> tuple[Float[Array, "classes classes"], Float[Array, "3 bins"]]:
    """Count examples by (class, predicted class), and by confidence.

    The confidence is the largest softmax probability. Each of its bins, closed above, holds
    the number of examples, the sum of their confidences, and the number classified correctly.
    With a `weight` an example counts that often: those of weight 0 do not.
    """
    predicted = jnp.argmax(logits, axis=0)
    classes = jnp.arange(len(logits))[:, None]
    true, taken = (jnp.asarray(classes == c[None, :], logits.dtype) for c in (y, predicted))
    confidence = jnp.exp(logits.max(axis=0) - jax.nn.logsumexp(logits, axis=0))
    bins = jnp.clip(jnp.ceil(confidence * N_BINS) - 1, 0, N_BINS - 1)
    within = jnp.asarray(jnp.arange(N_BINS)[:, None] == bins[None, :], logits.dtype)
    right = jnp.asarray(predicted == y, logits.dtype)
    table = jnp.stack([jnp.ones_like(confidence), confidence, right])
    if weight is not None:
        true, table = true * weight[None, :], table * weight[None, :]
    return true @ taken.T, table @ within.T
