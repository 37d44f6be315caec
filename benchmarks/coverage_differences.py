"""How often the interval of a difference of two models holds the true one, and how wide it is.

Folds of samples from a large pool; the truth is the mean difference on a part of it that no sample
comes from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_classification, make_friedman1
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks._row import row
from genlab.measure import cross_validated_difference

REPETITIONS = 200
SIZES = (100, 300)
REPEATS = (1, 3)
FOLDS = 5
_POOL, _ASKED = 50_000, 2_000

CLASSES = make_classification(
    _POOL, 20, n_informative=8, n_redundant=4, flip_y=0.05, random_state=0
)
NUMBERS = make_friedman1(_POOL, noise=1.0, random_state=0)
TREE = DecisionTreeClassifier(random_state=0)
PAIRS: dict[str, tuple[Any, Any, Any]] = {
    "tree, logistic regression": (TREE, LogisticRegression(), CLASSES),
    "tree, tree of 8 leaves": (TREE, clone(TREE).set_params(max_leaf_nodes=8), CLASSES),
    "1 and 15 neighbours": (KNeighborsClassifier(1), KNeighborsClassifier(15), CLASSES),
    "two logistic regressions": (LogisticRegression(), LogisticRegression(C=0.03), CLASSES),
    "tree, ridge regression": (DecisionTreeRegressor(random_state=0), Ridge(), NUMBERS),
}


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table: coverage in percent for each pair and size."""
    rows = []
    for name, (first, second, (x, y)) in PAIRS.items():
        for n in SIZES:
            for repeats in REPEATS:
                found = _simulated(first, second, x, y, n, repeats)
                name_of = f"coverage of a difference, {name}, {n} examples, {repeats} × 5 folds"
                rows.append(row(f"{name_of} (%)", [found["coverage"]], least=93.0))
    return rows


def _simulated(first: Any, second: Any, x: Any, y: Any, n: int, repeats: int) -> dict[str, float]:
    rng = np.random.default_rng(n)
    asked = slice(_POOL - _ASKED, _POOL)
    classes = y.dtype.kind == "i"
    scale = 1.0 if classes else float(y.var())
    intervals: list[Any] = []
    truths: list[float] = []
    for repetition in range(REPETITIONS):
        sample = rng.choice(_POOL - _ASKED, n, replace=False)
        own, other = x[sample], y[sample]
        losses: tuple[list[Any], list[Any]] = ([], [])
        examples = []
        for repeat in range(repeats):
            folds = KFold(FOLDS, shuffle=True, random_state=repetition * repeats + repeat)
            for i, (fitted, held) in enumerate(folds.split(own)):
                true = []
                examples.append(held)
                for model, kept in zip((first, second), losses, strict=True):
                    made = clone(model).fit(own[fitted], other[fitted])
                    kept.append(_losses(made, own[held], other[held], classes, scale))
                    if i == repeat == 0:
                        true.append(_losses(made, x[asked], y[asked], classes, scale).mean())
                if true:
                    truths.append(true[0] - true[1])
        intervals.append(cross_validated_difference(*losses, n * (1 - 1 / FOLDS), examples))
    truth = float(np.mean(truths))
    held_it = [one.low <= truth <= one.high for one in intervals]
    half = float(np.mean([(one.high - one.low) / 2 for one in intervals]))
    return {"coverage": 100 * float(np.mean(held_it)), "half": half, "truth": truth}


def _losses(model: Any, x: Any, y: Any, classes: bool, scale: float) -> Any:
    predicted = model.predict(x)
    return (predicted != y) * 1.0 if classes else (predicted - y) ** 2 / scale


if __name__ == "__main__":
    for line in run():
        print(line)
