"""Estimators by their import path, from scikit-learn alone."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from typing import Any

_PATH = re.compile(r"sklearn(\.[A-Za-z][A-Za-z0-9_]*)+")


def estimator_from_paths(paths: str | Sequence[str]) -> Any:
    """A scikit-learn classifier or regressor of one import path, or a pipeline of several.

    Nothing but scikit-learn is imported. Raises TypeError or ValueError in one sentence.

    >>> estimator_from_paths("sklearn.svm.SVC")
    SVC()
    """
    from sklearn.base import is_classifier, is_regressor
    from sklearn.pipeline import make_pipeline

    listed = [paths] if isinstance(paths, str) else list(paths)
    made = [_one_of_sklearn(path) for path in listed]
    if not made or not (is_classifier(made[-1]) or is_regressor(made[-1])):
        raise ValueError(
            f"`estimator` must be or end with a classifier or a regressor, got {paths!r}."
        )
    for path, step in zip(listed[:-1], made[:-1], strict=True):
        if not hasattr(step, "transform"):
            raise ValueError(
                f"`estimator` must have transformers before its last step, got {path!r}."
            )
    return made[0] if len(made) == 1 else make_pipeline(*made)


def _one_of_sklearn(path: Any) -> Any:
    rule = "`estimator` must be the import path of a scikit-learn class, such as sklearn.svm.SVC"
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise ValueError(f"{rule}, got {path!r}.")
    module, _, name = path.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise ValueError(f"{rule}, got {path!r}: no such class.") from None
    from sklearn.base import BaseEstimator

    if not (
        isinstance(kind, type)
        and issubclass(kind, BaseEstimator)
        and kind.__module__.startswith("sklearn.")
    ):
        raise ValueError(f"{rule}, got {path!r}.")
    try:
        return kind()
    except TypeError:
        raise ValueError(f"{rule}, one that needs no arguments, got {path!r}.") from None
