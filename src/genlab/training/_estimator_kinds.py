"""What an estimator says of itself: whether it is a classifier or a regressor."""

from __future__ import annotations

from typing import Any


def check_classifier(parameter: str, estimator: Any) -> None:
    """ValueError for a fitted estimator that says it is no classifier, or cannot predict."""
    check_estimator(parameter, estimator, ("classifier",), fitted=True)


def check_regressor(parameter: str, estimator: Any) -> None:
    """ValueError for a fitted estimator that says it is no regressor, or cannot predict."""
    check_estimator(parameter, estimator, ("regressor",), fitted=True)


def check_estimator(
    parameter: str, estimator: Any, allowed: tuple[str, ...], *, fitted: bool
) -> None:
    """ValueError for an estimator that says it is of no allowed kind, or cannot predict.

    Kinds are "classifier" and "regressor". One that says nothing of its kind is accepted: its
    predictions are checked where it makes them. Unless it is `fitted`, it must be one that `fit`
    fits.
    """
    kind = _kind(estimator)
    if kind is not None and kind not in allowed:
        article = "an" if kind[0] in "aeiou" else "a"
        got = f"{_name(estimator)}, {article} {kind.replace('_', ' ')}"
    elif not hasattr(estimator, "predict"):
        got = f"{_name(estimator)}, which has no `predict`"
    elif not fitted and type(_last(estimator)).__name__ == "FrozenEstimator":
        got = f"{_name(estimator)}, which `fit` leaves as it is"
    else:
        return
    raise ValueError(
        f"`{parameter}` must be a {', a '.join(allowed)} or a pipeline that ends with one, "
        f"got {got}."
    )


def _kind(estimator: Any) -> str | None:
    """What an estimator says it is: "classifier", "regressor", ...; None where it says nothing."""
    from sklearn.utils import get_tags

    try:
        kind = get_tags(estimator).estimator_type
    except Exception:  # tags of other packages fail in many ways
        kind = getattr(estimator, "_estimator_type", None)
    return None if kind is None else str(kind)


def _last(estimator: Any) -> Any:
    """The last step of a pipeline, or the estimator itself."""
    steps = getattr(estimator, "steps", None)
    return _last(steps[-1][1]) if isinstance(steps, list) and steps else estimator


def _name(estimator: Any) -> str:
    """The name of an estimator's class; of a pipeline also that of its last step."""
    name, last = type(estimator).__name__, _last(estimator)
    if last is estimator:
        return name
    return f"{name} that ends with {last if isinstance(last, str) else type(last).__name__}"
