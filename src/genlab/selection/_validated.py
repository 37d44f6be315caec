"""A genlab model whose outputs for the validation examples are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int


class Validated:
    """A genlab model as scorers take it: fitted, with its outputs for the validation examples.

    Parameters
    ----------
    predicted
        The label or number of each example.
    probabilities
        The probability of each class, or None for a regression.
    """

    def __init__(
        self,
        predicted: np.ndarray,
        probabilities: Float[np.ndarray, "n classes"] | None = None,
    ) -> None:
        self._predicted = predicted
        if probabilities is not None:
            self.classes_ = np.arange(probabilities.shape[1])
            self.predict_proba = self._method("predict_proba", probabilities)
        self.predict = self._method("predict", predicted)

    def part(self, rows: Int[np.ndarray, " k"]) -> Validated:
        """The same for some of the examples."""
        proba = getattr(self, "predict_proba", None)
        return Validated(self._predicted[rows], None if proba is None else proba(None)[rows])

    def fit(self, *_: Any) -> Validated:
        """It is fitted."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags

        is_classifier = hasattr(self, "classes_")
        return Tags(
            estimator_type="classifier" if is_classifier else "regressor",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags() if is_classifier else None,
            regressor_tags=None if is_classifier else RegressorTags(),
        )

    def _method(self, name: str, outputs: np.ndarray) -> Callable[[Any], np.ndarray]:
        def answer(x: Any) -> np.ndarray:
            if x is not None and len(x) != len(outputs):
                raise ValueError(
                    f"a scorer must ask for the {len(outputs)} examples that it is given, got "
                    f"{len(x)}."
                )
            return outputs

        answer.__name__ = name  # scorers ask for it
        return answer
