"""Hinge regression: a network of one hidden layer whose fit has a closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from genlab._base.checks import integer, real
from genlab.models._hinge_qr import fit_knots
from genlab.models._least_squares import ridge_inverse

# Up to this many examples per data set, many data sets are fitted together.
_MOST_TOGETHER = 512


@dataclass(frozen=True)
class HingeRegression:
    """A network of one hidden layer with fixed knots: offset + Σ slope_d · max(0, x − knot_d).

    The knots lie at 0, 1/D, …, (D−1)/D, so that on [0, 1] the fit is D straight lines that meet
    at the knots. Offset and slopes are fitted by least squares. Where several fits are equally
    good (more parameters than examples, or a region without examples), it is the one of minimum
    norm, Σ of the squares of offset and slopes, as in `numpy.linalg.lstsq`.

    Parameters
    ----------
    n_hidden
        Number of hidden units D, at least 1; the model has D + 1 parameters.
    ridge
        Weight λ of the penalty, at least 0: the fit minimises
        Σ(y − f(x))² + λ·(offset² + Σ slope²). The offset is penalised too, so that λ → 0 gives
        the minimum-norm fit.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    References
    ----------
    S. Prince, "Understanding Deep Learning" (2023), section 8.2 and figure 8.4.

    >>> fit = HingeRegression(n_hidden=2).fit([0.0, 0.25, 0.5, 1.0], [0.0, 1.0, 2.0, 0.0])
    >>> fit.predict([0.125, 0.75]).round(12)
    array([0.5, 1. ])
    """

    n_hidden: int
    ridge: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_hidden", integer("n_hidden", self.n_hidden, low=1))
        object.__setattr__(self, "ridge", real("ridge", self.ridge, low=0))

    @property
    def n_parameters(self) -> int:
        """Number of parameters, which are the offset and one slope per hidden unit."""
        return self.n_hidden + 1

    @property
    def knots(self) -> Float[np.ndarray, " n_hidden"]:
        """Input from which each hidden unit rises."""
        return np.arange(self.n_hidden) / self.n_hidden

    def features(self, x: Any) -> Float[np.ndarray, "... n_parameters"]:
        """A 1 and the activations of the hidden units for each input, shape (..., n_hidden + 1)."""
        inputs = _finite("x", x)
        hidden = np.maximum(inputs[..., None] - self.knots, 0.0)
        return np.concatenate([np.ones((*inputs.shape, 1)), hidden], axis=-1)

    def fit(self, x: Any, y: Any) -> HingeFit:
        """Fit one model to each data set.

        Parameters
        ----------
        x, y
            Inputs and targets in any order, shape (n,) for one data set or (n_datasets, n) for
            many. Inputs of shape (n,) are those of all rows of `y`.

        Returns
        -------
        HingeFit
            With several data sets, the first axis of its arrays is that of the data sets.

        Raises
        ------
        TypeError, ValueError
            Where shapes disagree or a value is not a finite number.
        """
        inputs, targets = _finite("x", x), _finite("y", y)
        if inputs.ndim not in (1, 2) or inputs.shape[-1] < 1:
            raise ValueError(
                f"`x` must have shape (n,) or (n_datasets, n) with n >= 1, got {inputs.shape}."
            )
        if targets.shape != inputs.shape and targets.shape[-1:] != inputs.shape:
            raise ValueError(
                f"`y` must have one target per input, and `x` has shape {inputs.shape}, "
                f"got {targets.shape}."
            )
        shared = inputs.ndim == 1
        n = inputs.shape[-1]
        rows = targets.reshape(-1, n)
        if self.ridge > 0 or self.n_parameters > n or n > _MOST_TOGETHER:
            solver = self.solver(inputs)
            parameters = np.matvec(solver, rows)
        else:
            parameters = self._fit_together(np.broadcast_to(inputs, rows.shape), rows)
        return HingeFit(self, parameters[0] if shared and targets.ndim == 1 else parameters)

    def solver(self, x: Any) -> Float[np.ndarray, "... n_parameters n"]:
        """The matrix that maps the targets of a data set to its parameters, offset first.

        The Moore–Penrose inverse of `features(x)` or, with ridge, (FᵀF + λI)⁻¹Fᵀ. Singular
        values that are zero to rounding are left out, by the rule of `numpy.linalg.lstsq`.
        """
        return ridge_inverse(self.features(x), self.ridge)

    def smoother(self, x: Any, inputs: Any) -> Float[np.ndarray, "... m n"]:
        """The matrix that maps the targets of a data set to its predictions at `inputs`.

        A fit is linear in its targets, so the matrix determines the effect of noise on it.
        """
        return self.features(inputs) @ self.solver(x)

    def _fit_together(
        self, x: Float[np.ndarray, "n_datasets n"], y: Float[np.ndarray, "n_datasets n"]
    ) -> Float[np.ndarray, "n_datasets n_parameters"]:
        if not (x[:, 1:] >= x[:, :-1]).all():
            order = np.argsort(x, axis=1, kind="stable")
            x, y = np.take_along_axis(x, order, axis=1), np.take_along_axis(y, order, axis=1)
        knots, determined = fit_knots(x, y, self.n_hidden)
        slopes = np.diff(knots, axis=1) * self.n_hidden
        parameters = np.concatenate([knots[:, :1], slopes[:, :1], np.diff(slopes, axis=1)], axis=1)
        rest = np.flatnonzero(~determined)
        if len(rest):
            parameters[rest] = np.matvec(self.solver(x[rest]), y[rest])
        return parameters


@dataclass(frozen=True, eq=False)
class HingeFit:
    """Fitted models, one per data set.

    Attributes
    ----------
    model
        Model that was fitted.
    parameters
        Offset and slopes, shape (n_hidden + 1,) or (n_datasets, n_hidden + 1).
    """

    model: HingeRegression
    parameters: Float[np.ndarray, "... n_parameters"]

    @property
    def offset(self) -> Float[np.ndarray, ...]:
        """Prediction at and left of the first knot."""
        return self.parameters[..., 0]

    @property
    def slopes(self) -> Float[np.ndarray, "... n_hidden"]:
        """Weight of each hidden unit: the change of slope at its knot."""
        return self.parameters[..., 1:]

    def predict(self, x: Any) -> Float[np.ndarray, "... m"]:
        """Predictions of each model.

        Parameters
        ----------
        x
            Inputs, shape (m,) for the same inputs for all models, or (n_datasets, m).

        Returns
        -------
        array
            Shape (m,) for one model, or (n_datasets, m) for many.
        """
        features = self.model.features(x)
        if features.ndim == 2:
            return self.parameters @ features.T
        return np.matvec(features, self.parameters)


def _finite(name: str, values: Any) -> Float[np.ndarray, ...]:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"`{name}` must hold numbers, got {values!r}.") from None
    if not np.isfinite(array).all():
        raise ValueError(
            f"`{name}` must be finite, got {np.count_nonzero(~np.isfinite(array))} values that "
            f"are not."
        )
    return array
