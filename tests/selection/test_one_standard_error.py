"""The one-standard-error rule: against plain ones on scikit-learn's scores; what it says."""

import dataclasses
import json
import math
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold, StratifiedKFold
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sweep.here import no_workers

from genlab._base.jsons import finite
from genlab.charts import selection_figures
from genlab.datasets import Dataset, make_mnist1d
from genlab.measure import gain_over_default, optimism
from genlab.selection import (
    Choice,
    Integer,
    Real,
    Search,
    Space,
    check_search,
    choosing_cost,
    default_trial,
    importances,
    run_search,
    search_from_file,
    select,
)
from genlab.sweep import Store

RULE = {"choose": "one-standard-error", "sampler": "grid"}
FIVE = StratifiedKFold(5, shuffle=True, random_state=0)
TREE = DecisionTreeClassifier(random_state=0)
DEPTHS = [1, 2, 3, 4, 5, 6, 8, None]


@pytest.fixture(autouse=True)
def _few_forests(monkeypatch):
    """Intervals of importances from few resampled forests; they are the subject of other tests."""
    few = partial(importances, n_resamples=2)
    monkeypatch.setattr("genlab.selection._run_search.importances", few)


@pytest.fixture
def store():
    with Store("sqlite://") as opened, no_workers():
        yield opened


@pytest.fixture(scope="module")
def data():
    """Two classes by four inputs of twelve, some labels wrong."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(300, 12))
    y = (x[:, :4].sum(axis=1) + rng.normal(size=300) > 0).astype(int)
    return Dataset(x[:200], y[:200], x[200:], y[200:])


def plain_rule(errors, simplicity):
    """The index of the simplest, by errors of shape (configurations, folds)."""
    means = errors.mean(axis=1)
    best = means.argmin()
    most = means[best] + errors[best].std(ddof=1) / math.sqrt(errors.shape[1])
    within = [i for i in range(len(means)) if means[i] <= most + 1e-12]
    return min(within, key=lambda i: (simplicity[i], means[i]))


CASES = {
    "depth": (TREE, {"max_depth": DEPTHS}, {"max_depth": DEPTHS}, range(8)),
    "leaves": (
        TREE,
        {"min_samples_leaf": [1, 3, 10, 30, 60]},
        {"min_samples_leaf": "high"},
        [-1, -3, -10, -30, -60],
    ),
    "penalty": (
        LogisticRegression(),
        {"C": [1e-3, 1e-2, 0.1, 1.0, 10.0]},
        {"C": "low"},
        [1e-3, 1e-2, 0.1, 1.0, 10.0],
    ),
    "kernel, then C": (
        SVC(),
        {"C": [0.1, 1.0, 10.0], "kernel": ["rbf", "linear"]},
        {"kernel": ["linear", "rbf"], "C": "low"},
        [(k, c) for c in (0.1, 1.0, 10.0) for k in (1, 0)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_against_a_plain_one_on_grid_search_cv(case, data, store):
    estimator, axes, simplest, simplicity = CASES[case]
    theirs = GridSearchCV(estimator, axes, cv=FIVE).fit(data.x_train, data.y_train).cv_results_
    errors = 1 - np.array([theirs[f"split{i}_test_score"] for i in range(5)]).T
    expected = theirs["params"][plain_rule(errors, list(simplicity))]
    space = Space(estimator=estimator, parameters=axes)
    found = select(space, data, cv=FIVE, simplest=simplest, store=store, **RULE)
    assert found.parameters == expected
    lowest = errors[errors.mean(axis=1).argmin()]
    assert found.rule.standard_error == pytest.approx(lowest.std(ddof=1) / math.sqrt(5))
    assert float(found.leader.validation_error.mean) == pytest.approx(lowest.mean())
    assert found.rule.limit == pytest.approx(lowest.mean() + found.rule.standard_error)
    # Refitted is what was chosen; the trials are those of the search without the rule.
    plain = clone(estimator).set_params(**expected).fit(data.x_train, data.y_train)
    np.testing.assert_array_equal(found.predict(data.x_test), plain.predict(data.x_test))
    without = select(space, data, cv=FIVE, sampler="grid", store=store)
    assert without.name == found.name
    assert without.rule is None
    assert without.best.number == without.leader.number == found.leader.number
    assert without.within_one_standard_error() == []


def test_it_chooses_a_simpler_one_here(data, store):
    """So that the tests of what is said have something to say."""
    found = found_of(data, store)
    assert found.parameters == {"max_depth": 2}
    assert found.leader.parameters == {"max_depth": 5}
    rows = found.within_one_standard_error()
    assert [row["role"] for row in rows if row["role"]] == ["chosen", "lowest"]
    assert rows[0]["max_depth"] == 2
    assert len(rows) == len(found.rule.within)
    assert {row["limit"] for row in rows} == {found.rule.limit}
    assert "the simplest within one standard error of the lowest, 0." in repr(found)
    assert "Infinity" not in found.chart().to_json()


def found_of(data, store, **others):
    space = Space(estimator=TREE, parameters={"max_depth": DEPTHS})
    return select(
        space, data, simplest={"max_depth": DEPTHS}, store=store, **{**RULE, "cv": FIVE, **others}
    )


def test_the_standard_error_of_one_part_is_that_of_a_fraction(data, store):
    found = found_of(data, store, cv=None, validation=0.4)
    p = float(found.leader.validation_error.mean)
    assert found.rule.standard_error == pytest.approx(math.sqrt(p * (1 - p) / 80))


def test_repeated_folds_count_each_example_once(data, store):
    """Ten times five folds are no more examples than five folds."""
    cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0)
    found = found_of(data, store, cv=cv)
    deviation = np.std(1 - np.array(found.leader.accuracies), ddof=1)
    assert found.rule.standard_error == pytest.approx(deviation / math.sqrt(5))


def test_models_by_their_number_of_parameters(store):
    """Of different kinds, too; and of equal ones the lowest error."""
    digits = make_mnist1d(n_samples=200).without_test()
    space = Space(
        Choice("Logistic", "MLP"),
        {"width": [3], "learning_rate": [0.003, 0.03]},
        fixed={"steps": 15, "evaluate_every": 15},
    )
    found = select(space, digits, folds=2, store=store, refit=False, **RULE)
    models = [space.model_and_recipe(t.parameters)[0] for t in found.trials]
    sizes = [model.n_parameters((40,), 10) for model in models]
    errors = 1 - np.array([trial.accuracies for trial in found.trials])
    expected = plain_rule(errors, sizes)
    assert sizes[found.best.number] == sizes[expected]
    assert errors[found.best.number].mean() == pytest.approx(errors[expected].mean())
    assert found.within_one_standard_error()[0]["n_parameters"] == sizes[expected]
    # What a configuration does not have counts as simpler: no width before the smallest.
    narrow = select(
        space, digits, folds=2, store=store, refit=False, simplest={"width": "low"}, **RULE
    )
    widths = [narrow.trials[i].parameters.get("width", -1) for i in narrow.rule.within]
    assert widths == sorted(widths)


def test_choosing_costs_are_those_of_the_rule(data, store):
    found = found_of(data, store)
    cost = choosing_cost(found, default_trial(found.space, data, cv=FIVE, store=store))
    chosen = [trial.number for trial in found.trials].index(found.best.number)
    assert cost.numbers[cost.optimism.chosen] == found.best.number
    assert cost.optimism.claimed == pytest.approx(float(found.validation_error.mean))
    assert cost.default.parameters == {"max_depth": None}
    assert float(cost.gain.difference.mean) == pytest.approx(
        found.wrong[chosen].mean() - cost.default.wrong.mean()
    )
    # Any function of errors is a rule: one that always takes the same is not optimistic.
    third = optimism(found.wrong, choose=lambda errors: np.full(errors.shape[1:], 2))
    assert (third.chosen, third.claimed) == (2, found.wrong[2].mean())
    assert float(third.corrected.mean) == pytest.approx(found.wrong[2].mean())
    assert abs(float(third.bootstrap.mean)) < 0.005
    lowest = optimism(found.wrong, choose=lambda errors: errors.argmin(axis=0))
    assert lowest.corrected.mean == optimism(found.wrong).corrected.mean
    with pytest.raises(ValueError, match="must be the trial that `choose` takes, 2, got 0"):
        gain_over_default(found.wrong, 0, 1, choose=lambda errors: np.full(errors.shape[1:], 2))


def test_the_report_names_the_rule_and_both(data, store):
    space = Space(estimator=TREE, parameters={"max_depth": DEPTHS})
    search = Search(
        space,
        n_trials=8,
        sampler="grid",
        folds=5,
        seed=1,
        choose="one-standard-error",
        simplest={"max_depth": DEPTHS},
    )
    result = run_search(search, data, store)
    report, found = result.report, result.selection
    chosen, lowest = (f"max_depth={t.parameters['max_depth']}" for t in (found.best, found.leader))
    assert chosen != lowest
    assert report.answer.startswith(
        f"{chosen} is chosen by the one-standard-error rule: it is the simplest (max_depth in the "
        f"order 1, 2, 3, 4, 5, 6, 8, none) of 8 configurations whose validation error is at most "
        f"one standard error, {100 * found.rule.standard_error:.1f} points, above the lowest."
    )
    assert f"is that of {lowest}." in report.answer
    assert "biased downwards. Corrected for selection it is" in report.answer
    errors = {row["kind"]: row["error"] for row in report.tables["errors"]}
    assert list(errors) == ["trivial", "default", "leader", "claimed", "corrected"]
    assert errors["leader"] < errors["claimed"]
    assert report.search["choose"] == "one-standard-error"
    assert report.search["leader"] == found.leader.number
    assert any("is the standard deviation of the error over splits" in n for n in report.notes)
    drawn = selection_figures(finite(report.tables), report.chosen, report.interval)
    by_trial = json.dumps(next(one.chart for one in drawn if one.name == "trials").to_dict())
    assert "dashed: the lowest error plus one standard error" in by_trial
    assert f'"limit": {found.rule.limit}' in by_trial
    plain = run_search(dataclasses.replace(search, choose="best", simplest=None), data, store)
    assert "leader" not in {row["kind"] for row in plain.report.tables["errors"]}
    assert "within_one_standard_error" not in plain.report.tables


REFUSED = {
    "rule": (
        {"choose": "lowest"},
        "`choose` must be one of 'best', 'one-standard-error', got 'low",
    ),
    "no order": (
        {},
        r"`simplest` must say what makes an estimator simpler, such as \{'max_depth': 'low'\}, "
        "where choose='one-standard-error', got None",
    ),
    "order alone": (
        {"choose": "best", "simplest": {"C": "low"}},
        "`simplest` belongs to choose='one-standard-error', got .* without it",
    ),
    "unknown": ({"simplest": {"gamma": "low"}}, r"searched \(C, kernel, degree\), got 'gamma'"),
    "texts": ({"simplest": {"kernel": "low"}}, "options of `kernel` from the simplest on, because"),
    "option": ({"simplest": {"kernel": ["linear"]}}, r"all of its options .*, got \['linear'\]"),
    "range": (
        {"simplest": {"C": [1, 2]}},
        r"must give `C` 'low' or 'high', got \[1, 2\]",
    ),
    "word": ({"simplest": {"C": "small"}}, "`simplest` must give `C` 'low' or 'high', got 'small'"),
    "no mapping": ({"simplest": "C"}, "`simplest` must map names of searched parameters to 'low'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_a_sentence(case, data):
    given, sentence = REFUSED[case]
    axes = {"C": Real(0.1, 1), "kernel": ["linear", "rbf"], "degree": Integer(1, 3)}
    space = Space(estimator=SVC(), parameters=axes)
    arguments = {"choose": "one-standard-error", "store": "sqlite://", **given}
    with pytest.raises((TypeError, ValueError), match=sentence):
        check_search(space, data, **arguments)


FILE = """[data]
dataset = "mnist1d"
[search]
choose = "one-standard-error"
simplest = {max_depth = [2, 4, "none"], min_samples_leaf = "high"}
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
[parameters]
max_depth = [2, 4, "none"]
min_samples_leaf = {low = 1, high = 9}
"""


def test_in_a_file(tmp_path):
    (tmp_path / "search.toml").write_text(FILE)
    found = search_from_file(tmp_path / "search.toml")
    assert found.choose == "one-standard-error"
    assert found.simplest == {"max_depth": [2, 4, None], "min_samples_leaf": "high"}


@pytest.mark.parametrize("scoring", ["auc", "log_loss"])
def test_by_another_score(scoring, data, store):
    """In the score's own direction: at most one standard error worse than the best."""
    axes = {"C": [1e-3, 1e-2, 0.1, 1.0, 10.0]}
    names = {"auc": "roc_auc", "log_loss": "neg_log_loss"}
    theirs = GridSearchCV(LogisticRegression(), axes, cv=FIVE, scoring=names[scoring])
    results = theirs.fit(data.x_train, data.y_train).cv_results_
    losses = -np.array([results[f"split{i}_test_score"] for i in range(5)]).T
    space = Space(estimator=LogisticRegression(), parameters=axes)
    found = select(
        space, data, cv=FIVE, scoring=scoring, simplest={"C": "low"}, store=store, **RULE
    )
    assert found.parameters == results["params"][plain_rule(losses, axes["C"])]
    best = losses[losses.mean(axis=1).argmin()]
    sign = -1 if scoring == "auc" else 1
    assert found.rule.standard_error == pytest.approx(best.std(ddof=1) / math.sqrt(5))
    assert found.rule.limit == pytest.approx(sign * (best.mean() + found.rule.standard_error))
    extreme = "highest" if scoring == "auc" else "lowest"
    assert {extreme, "chosen"} <= {
        role for row in found.within_one_standard_error() for role in row["role"].split(" and ")
    }
    assert f"within one standard error of the {extreme}, " in repr(found)
    cost = choosing_cost(found)
    assert cost.numbers[cost.optimism.chosen] == found.best.number
