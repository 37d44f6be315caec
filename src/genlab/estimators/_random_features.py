"""Random features as a regressor, in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from genlab._base.checks import boolean
from genlab.estimators._rows import Standardiser, merged, regression_rows, seed_of
from genlab.models import RandomFeatures


class RandomFeaturesRegressor(RegressorMixin, BaseEstimator):
    """A network of one hidden layer with random weights, of which only the output is fitted.

    It is `genlab.models.RandomFeatures` on standardised inputs, fitted by (weighted) ridge
    regression in closed form. With `ridge=0` it is the model of double descent: its test error
    peaks where there is about one hidden unit per row, and falls again beyond.

    Parameters
    ----------
    n_hidden
        Number of hidden units, at least 1.
    ridge
        Weight λ of the penalty, at least 0: the fit minimises
        Σ weight·(y − f(x))² + λ·Σ slope². With 0 it is the fit of minimum norm.
    standardize
        Whether each input is standardised by its (weighted) mean and standard deviation over the
        rows that are fitted.
    random_state
        Seed of the hidden weights, from 0 to 2³² − 1; or a NumPy `RandomState`, or None for
        NumPy's global one, from which a seed is drawn.

    Attributes
    ----------
    fit_
        The `genlab.models.RandomFeaturesFit`, with hidden weights, offset and slopes.
    n_features_in_, feature_names_in_
        Number of inputs, and their names where `X` was a data frame with names.

    References
    ----------
    A. Rahimi & B. Recht, NIPS 2007; M. Belkin et al., PNAS 2019.

    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> RandomFeaturesRegressor(random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """

    def __init__(
        self,
        n_hidden: int = 100,
        *,
        ridge: float = 1.0,
        standardize: bool = True,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_hidden = n_hidden
        self.ridge = ridge
        self.standardize = standardize
        self.random_state = random_state

    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
    ) -> RandomFeaturesRegressor:
        """Draw the hidden weights, and fit the output.

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
        standardize = boolean("standardize", self.standardize)
        self._standardiser = Standardiser(rows, together=False) if standardize else None
        model = RandomFeatures(self.n_hidden, self.ridge)
        seed = seed_of(self.random_state)
        self.fit_ = model.fit(self._inputs(rows.x), rows.y, seed=seed, sample_weight=rows.weight)
        return self

    def _inputs(self, x: Float[np.ndarray, "n inputs"]) -> Float[np.ndarray, "n inputs"]:
        return x if self._standardiser is None else self._standardiser(x)

    def predict(self, X: Any) -> Float[np.ndarray, " n"]:  # noqa: N803
        """The predicted number for each row of `X`."""
        check_is_fitted(self, "fit_")
        x = validate_data(self, X, dtype=np.float64, reset=False)
        return self.fit_.predict(self._inputs(x))
