"""Estimators by their import path, from packages that are known or that the user allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from genlab._base.imports import check_packages, named_class
from genlab.sweep import arguments_of

#: The packages whose estimators may be named, and what installs each.
PACKAGES = {
    "sklearn": "scikit-learn",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "skorch": "skorch",
    "keras": "keras",
    "genlab.estimators": "genlab",
}


def estimator_from_paths(paths: str | Sequence[str], packages: Iterable[str] = ()) -> Any:
    """The estimator of one import path, or a pipeline of several.

    Parameters
    ----------
    paths
        The import path of a classifier or regressor whose class needs no arguments, or several:
        transformers, then the classifier or regressor.
    packages
        Packages that may be imported besides scikit-learn, XGBoost, LightGBM, CatBoost, skorch,
        Keras and `genlab.estimators`. Nothing else is.

    Raises
    ------
    TypeError, ValueError
        In one sentence: a path that leads out of these packages, or to no estimator; a package
        that is not installed; a class that needs arguments.

    >>> estimator_from_paths("sklearn.svm.SVC")
    SVC()
    """
    from sklearn.pipeline import make_pipeline

    allowed = PACKAGES | dict.fromkeys(check_packages("packages", packages), "")
    listed = [paths] if isinstance(paths, str) else paths
    if not isinstance(listed, Sequence) or not listed:
        raise TypeError(f"`estimator` must be an import path or a list of them, got {paths!r}.")
    made = [_made(path, allowed) for path in listed]
    if not hasattr(made[-1], "predict"):
        raise ValueError(
            f"`estimator` must be or end with a classifier or a regressor, got {paths!r}."
        )
    for path, step in zip(listed[:-1], made[:-1], strict=True):
        if not hasattr(step, "transform"):
            raise ValueError(
                f"`estimator` must have transformers before its last step, got {path!r}."
            )
    return made[0] if len(made) == 1 else make_pipeline(*made)


def _made(path: Any, allowed: dict[str, str]) -> Any:
    """An estimator of the class that a path names, without arguments."""
    kind = named_class("estimator", path, allowed)
    if not all(callable(getattr(kind, name, None)) for name in ("fit", "get_params", "set_params")):
        raise ValueError(
            f"`estimator` must name the class of a scikit-learn estimator, got {path!r}, which "
            "lacks fit, get_params or set_params."
        )
    if needed := [one.name for one in arguments_of(kind) if one.default is one.empty]:
        raise ValueError(
            f"`estimator` must name a class that needs no arguments, got {path!r}, which needs "
            f"{', '.join(needed)}: write a class that gives them, and allow its package."
        )
    try:
        return kind()
    except Exception as error:  # the constructors of other packages may raise anything
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(
            f"`estimator` must name a class that can be made without arguments, got {path!r}: "
            f"{type(error).__name__}: {reason}."
        ) from None
