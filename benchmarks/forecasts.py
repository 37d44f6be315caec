"""How often the forecast of a learning curve holds the error that is then measured.

Fifteen data sets that scikit-learn ships or generates, with three models each that the forecast's
two numbers were chosen on, and three that had no part in that. Each forecast is made from the
smaller sizes, and compared with the mean error at twice and at four times the largest of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks._row import row
from genlab.datasets import Dataset
from genlab.measure import fit_forecast
from genlab.studies import learning_curve
from genlab.sweep import Store

SEEDS = 5
SIZES = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)

CHOSEN_ON = {
    "classification": (
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        DecisionTreeClassifier(),
        KNeighborsClassifier(),
    ),
    "regression": (
        make_pipeline(StandardScaler(), Ridge()),
        DecisionTreeRegressor(),
        KNeighborsRegressor(),
    ),
}
NOT_CHOSEN_ON = {
    "classification": (
        GaussianNB(),
        RandomForestClassifier(30),
        make_pipeline(StandardScaler(), SVC()),
    ),
    "regression": (
        Lasso(),
        RandomForestRegressor(30),
        make_pipeline(StandardScaler(), SVR(C=100)),
    ),
}


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table, in percent."""
    rows = []
    with Store("sqlite://") as store, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, models in (("as chosen on", CHOSEN_ON), ("others", NOT_CHOSEN_ON)):
            curves = [
                (curve.sizes, curve.errors(), data.task == "classification")
                for data in _data()
                for curve in (
                    learning_curve(model, data, sizes=_sizes(data), seeds=range(SEEDS), store=store)
                    for model in models[data.task]
                )
            ]
            for ahead, times in ((1, "twice"), (2, "4 times")):
                last, every = _held(curves, ahead, only_last=True), _held(curves, ahead)
                least = 85 if ahead == 1 else None
                text = f"held by the forecast for {times} the examples, {name} (%)"
                rows.append(row(f"{text}, {len(last)} curves", [_percent(last)], least=least))
                rows.append(row(f"{text}, all {len(every)} forecasts", [_percent(every)]))
    return rows


def _percent(held: list[bool]) -> float:
    return 100 * float(np.mean(held))


def _held(curves: list[Any], ahead: int, *, only_last: bool = False) -> list[bool]:
    """Whether each forecast holds the mean error that is measured `ahead` sizes later."""
    held = []
    for sizes, errors, is_fraction in curves:
        first = max(3, len(sizes) - ahead) if only_last else 3
        for k in range(first, len(sizes) - ahead + 1):
            try:
                fitted = fit_forecast(sizes[:k], errors[:, :k], at_most_1=is_fraction)
            except ValueError:  # an error of 0 leaves nothing to forecast
                continue
            found = fitted.at([sizes[k - 1 + ahead]])
            held.append(bool(found.low[0] <= errors[:, k - 1 + ahead].mean() <= found.high[0]))
    return held


def _sizes(data: Dataset) -> list[int]:
    """Doubling numbers of the four fifths that are fitted, of at least 10 and 2 for each class."""
    n = int(0.8 * data.n_train)
    return [int(part * n) for part in SIZES if part * n >= max(10, 2 * data.n_classes)]


def _data() -> Iterator[Dataset]:
    for name in ("breast_cancer", "wine", "digits", "iris"):
        yield _whole(getattr(datasets, f"load_{name}")(return_X_y=True))
    yield _whole(datasets.make_moons(600, noise=0.3, random_state=0))
    yield _whole(datasets.make_circles(600, noise=0.2, factor=0.6, random_state=0))
    yield _whole(datasets.make_classification(800, 10, random_state=0))
    hard = {"n_informative": 10, "n_classes": 4, "flip_y": 0.1, "random_state": 0}
    yield _whole(datasets.make_classification(800, 40, **hard))
    x, y = datasets.make_hastie_10_2(1000, random_state=0)
    yield _whole((x, (y > 0).astype(int)))
    quantiles = {"n_samples": 800, "n_features": 5, "n_classes": 3, "random_state": 0}
    yield _whole(datasets.make_gaussian_quantiles(**quantiles))
    yield _whole(datasets.load_diabetes(return_X_y=True), "regression")
    for number, noise in ((1, 1.0), (2, 50.0), (3, 0.1)):
        make = getattr(datasets, f"make_friedman{number}")
        yield _whole(make(600, noise=noise, random_state=0), "regression")
    linear = {"n_informative": 10, "noise": 50.0, "random_state": 0}
    yield _whole(datasets.make_regression(500, 30, **linear), "regression")


def _whole(of: tuple[np.ndarray, np.ndarray], task: str = "classification") -> Dataset:
    x, y = of
    return Dataset(x, y, x[:0], y[:0], task=task)
