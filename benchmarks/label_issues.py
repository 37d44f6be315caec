"""Which of the rows that look mislabelled are, where it is known which labels are wrong."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks._row import row
from genlab.datasets import corrupt_labels, make_mnist1d
from genlab.measure import label_issues, unusual_targets

FRACTIONS = (0.0, 0.02, 0.05, 0.1)
SEEDS = 200


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table: of the list and of all wrong labels, in percent."""
    return [*_of_classes(), *_of_numbers()]


def _of_classes() -> list[dict[str, Any]]:
    data = make_mnist1d(n_samples=2500)
    line = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=100))
    forest = RandomForestClassifier(100, random_state=0)
    problems = {
        "digits": (*load_digits(return_X_y=True), (line, forest)),
        "breast cancer": (*load_breast_cancer(return_X_y=True), (line, forest)),
        "wine": (*load_wine(return_X_y=True), (line, forest)),
        "MNIST-1D": (data.x_train, data.y_train, (forest,)),
    }
    rows = []
    for name, (x, y, models) in problems.items():
        for fraction in FRACTIONS:
            found, right, estimated = [], [], []
            for model in models:
                labels, _ = corrupt_labels(y, fraction, int(y.max()) + 1, how="other")
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    stated = cross_val_predict(
                        model, x, labels, cv=StratifiedKFold(5, shuffle=True, random_state=0),
                        method="predict_proba",
                    )  # fmt: skip
                issues = label_issues(stated, labels)
                wrong = labels != y
                found.append(100 * float(wrong[issues.rows].sum()) / max(wrong.sum(), 1))
                listed = max(len(issues.rows), 1)
                right.append(100 * float(wrong[issues.rows].sum()) / listed)
                estimated.append(float(issues.n_mislabelled.mean))
                if not fraction:
                    right[-1] = float(len(issues.rows))
            noise = f"{name}, {100 * fraction:g}% wrong labels"
            if not fraction:
                rows.append(row(f"{name}, clean: rows in the list", right, most=10))
                continue
            rows.append(row(f"{noise}: % of the list that is wrong", right, least=70))
            rows.append(row(f"{noise}: % of the wrong ones in the list", found))
            rows.append(row(f"{noise}: estimated number of {wrong.sum()}", estimated))
    return rows


def _of_numbers() -> list[dict[str, Any]]:
    rows = []
    for what, freedom in (("normal", np.inf), ("Student's t with 5 degrees of freedom", 5.0)):
        counts = []
        for seed in range(SEEDS):
            rng = np.random.default_rng(seed)
            y = rng.normal(size=1000) if np.isinf(freedom) else rng.standard_t(freedom, 1000)
            counts.append(len(unusual_targets(np.zeros(1000), y).rows))
        rows.append(row(f"{what}, clean: % of cases with a row", [100 * np.mean(np.sign(counts))]))
        rows.append(row(f"{what}, clean: rows in the list of 1,000", [float(np.mean(counts))]))
    x, y = load_diabetes(return_X_y=True)
    for fraction in FRACTIONS:
        right, found, listed = [], [], []
        for seed in range(20):
            rng = np.random.default_rng(seed)
            wrong = rng.permutation(len(y)) < round(fraction * len(y))
            moved = y + wrong * 4 * y.std() * rng.choice([-1, 1], len(y))
            rows_of = unusual_targets(cross_val_predict(Ridge(0.1), x, moved), moved).rows
            listed.append(len(rows_of))
            right.append(100 * wrong[rows_of].sum() / max(len(rows_of), 1))
            found.append(100 * wrong[rows_of].sum() / max(wrong.sum(), 1))
        noise = f"diabetes, {100 * fraction:g}% moved"
        if not fraction:
            rows.append(row("diabetes, clean: rows in the list", listed, most=5))
            continue
        rows.append(row(f"{noise}: % of the list that is moved", right, least=80))
        rows.append(row(f"{noise}: % of the moved ones in the list", found))
    return rows
