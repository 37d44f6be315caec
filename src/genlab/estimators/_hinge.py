"""Sums of hinges as a regressor, in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.validation import check_is_fitted, validate_data

from genlab.estimators._rows import merged, regression_rows
from genlab.models import HingeRegression, ridge_inverse


class HingeRegressor(RegressorMixin, BaseEstimator):
    """Hinge regression: for each input a broken line with fixed knots, and their sum.

    f(x) = offset + Σ slope_jd · max(0, z_j − d/D) over inputs j and d from 0 to D − 1, where z_j
    is x_j scaled to 0 to 1 over the rows that are fitted. For one input it is
    `genlab.models.HingeRegression`; for several it is additive, without interactions. The fit is
    by (weighted) least squares in closed form, of minimum norm where several are equally good,
    as with more parameters than rows. Left of the smallest input that was fitted the line is
    flat, right of the largest it goes straight on.

    Parameters
    ----------
    n_hidden
        Number D of hinges for each input, at least 1; with k inputs D·k + 1 parameters.
    ridge
        Weight λ of the penalty, at least 0: the fit minimises
        Σ weight·(y − f(x))² + λ·(offset² + Σ slope²). Without it the test error is large where
        there are about as many parameters as rows.

    Attributes
    ----------
    intercept_, coef_
        The offset, and the slopes, shape (inputs, n_hidden).
    scaler_
        The fitted `MinMaxScaler` of the inputs.
    n_features_in_, feature_names_in_
        Number of inputs, and their names where `X` was a data frame with names.

    References
    ----------
    S. Prince, "Understanding Deep Learning" (2023), section 8.2.

    >>> fitted = HingeRegressor(n_hidden=2).fit([[0.0], [1.0], [2.0], [4.0]], [0.0, 1.0, 2.0, 0.0])
    >>> fitted.predict([[0.5], [3.0]]).round(12)
    array([0.5, 1. ])
    """

    def __init__(self, n_hidden: int = 10, *, ridge: float = 0.0) -> None:
        self.n_hidden = n_hidden
        self.ridge = ridge

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> HingeRegressor:  # noqa: N803
        """Fit offset and slopes.

        Parameters
        ----------
        X, y
            Inputs, shape (n, features), and targets, shape (n,): finite numbers.
        sample_weight
            Weight of each row, at least 0, or None for 1 each. A row of weight 2 counts exactly
            as the row twice.

        Raises
        ------
        TypeError, ValueError
            Naming the parameter, the rule and the value received.
        """
        rows = merged(regression_rows(self, X, y, sample_weight, reset=True))
        model = HingeRegression(self.n_hidden, self.ridge)
        self.scaler_ = MinMaxScaler().fit(rows.x)
        root = np.sqrt(rows.weight)
        features = _features(model, self.scaler_.transform(rows.x))
        fitted = ridge_inverse(root[:, None] * features, model.ridge) @ (root * rows.y)
        self.intercept_ = float(fitted[0])
        self.coef_ = fitted[1:].reshape(-1, model.n_hidden)
        return self

    def predict(self, X: Any) -> Float[np.ndarray, " n"]:  # noqa: N803
        """The predicted number for each row of `X`."""
        check_is_fitted(self)
        x = validate_data(self, X, dtype=np.float64, reset=False)
        model = HingeRegression(self.coef_.shape[1])
        features = _features(model, self.scaler_.transform(x))
        return features @ np.append(self.intercept_, self.coef_)


def _features(
    model: HingeRegression, x: Float[np.ndarray, "n inputs"]
) -> Float[np.ndarray, "n parameters"]:
    """A 1 and the hinges of each input, input after input."""
    hinges = model.features(x)[..., 1:]
    return np.column_stack([np.ones(len(x)), hinges.reshape(len(x), -1)])
