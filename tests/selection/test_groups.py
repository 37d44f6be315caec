"""Data with groups in a search: no group lies in two parts, seen row by row."""

from functools import partial

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    StratifiedGroupKFold,
)
from sweep.here import no_workers

from genlab.datasets import Dataset
from genlab.selection import Search, Space, check_search, importances, run_search, select
from genlab.selection._validation import validation_of
from genlab.sweep import Store
from genlab.training import EarlyStopping

OF_MODEL = Space("Logistic", {"learning_rate": [0.1, 0.3]}, fixed={"steps": 5, "batch_size": None})
OF_ESTIMATOR = Space(estimator=LogisticRegression(), parameters={"C": [0.1, 1.0]})


def of_groups(groups):
    """Two classes by turns; each row is known by its input."""
    n = len(groups)
    return Dataset(np.arange(n)[:, None] / n, np.arange(n) % 2, np.zeros((0, 1)), [], groups=groups)


# Nine patients with 3 to 11 measurements each, not in order.
DATA = of_groups(np.random.default_rng(0).permutation(np.repeat(np.arange(9), range(3, 12))))
WAYS = {
    "held out": {"validation": 0.3},
    "folds": {"folds": 4},
    "number": {"cv": 3},
    "as many folds as groups": {"folds": 9},
    "GroupKFold": {"cv": GroupKFold(3)},
    "StratifiedGroupKFold": {"cv": StratifiedGroupKFold(3)},
    "GroupShuffleSplit": {"cv": GroupShuffleSplit(2, random_state=0)},
    "LeaveOneGroupOut": {"cv": LeaveOneGroupOut()},
    "pairs": {"cv": list(GroupKFold(3).split(DATA.x_train, DATA.y_train, DATA.groups))},
}


def shared(data, fitted, held_out):
    """Pairs of rows of the two parts that are of one group."""
    return [(i, j) for i in fitted for j in held_out if data.groups[i] == data.groups[j]]


@pytest.fixture(autouse=True)
def _few_forests(monkeypatch):
    """Intervals of importances from few resampled forests; they are the subject of other tests."""
    few = partial(importances, n_resamples=2)
    monkeypatch.setattr("genlab.selection._run_search.importances", few)


@pytest.mark.parametrize("way", WAYS)
def test_no_group_lies_in_two_parts(way):
    """Neither in the rows that estimators are fitted on, nor in the data of models' cells."""
    given = {"validation": None, "folds": None, "cv": None} | WAYS[way]
    division = validation_of(DATA, **given, seed=2)
    assert len(division) > 0
    for i, (fitted, held_out) in enumerate(zip(division.fitted, division.chosen_by, strict=True)):
        assert min(len(fitted), len(held_out)) > 0
        assert shared(DATA, fitted, held_out) == []
        part = division.specs[i].make() if division.specs else division.part(DATA, i)
        row_of = {float(x): row for row, x in enumerate(DATA.x_train.ravel())}
        of_cell = [[row_of[float(x)] for x in xs.ravel()] for xs in (part.x_train, part.x_test)]
        assert of_cell == [list(fitted), list(held_out)]
        assert list(part.groups) == list(np.unique(DATA.groups[fitted], return_inverse=True)[1])
    splits = list(zip(division.fitted, division.chosen_by, strict=True))
    if hasattr(given["cv"], "split"):
        theirs = given["cv"].split(DATA.x_train, DATA.y_train, DATA.groups)
        for ours, plain in zip(splits, theirs, strict=True):
            assert [list(part) for part in ours] == [list(part) for part in plain]


@pytest.mark.parametrize("space", [OF_MODEL, OF_ESTIMATOR], ids=["model", "estimator"])
def test_a_search(space):
    with Store("sqlite://") as store, no_workers():
        same = {"sampler": "grid", "store": store, "refit": False}
        found = select(space, DATA, cv=GroupKFold(3), **same)
        pairs = list(GroupKFold(3).split(DATA.x_train, DATA.y_train, DATA.groups))
        assert select(space, DATA, cv=pairs, **same).name == found.name
    for fitted, held_out in zip(found.validation.fitted, found.validation.chosen_by, strict=True):
        assert shared(DATA, fitted, held_out) == []


def test_the_report_says_what_groups_do_to_intervals():
    with Store("sqlite://") as store:
        report = run_search(Search(OF_ESTIMATOR, n_trials=2, folds=3), DATA, store).report
    assert report.notes[-1].startswith("Validation keeps each group of examples together.")


REFUSED = {
    "a splitter that divides them": (
        {"cv": KFold(3)},
        r"`cv` must keep the groups of the data together, and split 0 trains on examples of "
        r"\d groups that it validates on; GroupKFold and StratifiedGroupKFold do not\.",
    ),
    "pairs that divide them": (
        {"cv": [(np.arange(30), np.arange(30, 63))]},
        "`cv` must keep the groups of the data together, and split 0",
    ),
    "more folds than groups": (
        {"folds": 10},
        "`folds` must be at most the 9 groups of the training examples, got 10",
    ),
    "one group": (
        {"data": of_groups(np.zeros(60))},
        "`validation` must leave whole groups to train on and to validate on, got 0.2 of 1 groups",
    ),
    "early stopping": (
        {
            "space": Space(
                "Logistic", {"learning_rate": [0.1]}, fixed={"early_stopping": EarlyStopping()}
            )
        },
        "`early_stopping` must be None for data with groups, which its part that is held out would",
    ),
    "early stopping as an option": (
        {"space": Space("Logistic", {"early_stopping": [None, EarlyStopping(0.3)]})},
        r"`early_stopping` must be None for data with groups.*got EarlyStopping\(validation=0.3",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_before_anything_is_trained(case):
    given, sentence = REFUSED[case]
    arguments = {"space": OF_MODEL, "data": DATA, "store": "sqlite://", **given}
    with pytest.raises(ValueError, match=sentence):
        check_search(**arguments)


def test_a_splitter_that_ignores_groups_may_keep_them():
    """Each example is a group of its own: nothing is divided, and nothing is warned of."""
    alone = of_groups(np.arange(20))
    found = validation_of(alone, None, None, KFold(4), seed=0)
    assert [list(part) for part in found.chosen_by] == [
        list(held_out) for _, held_out in KFold(4).split(alone.x_train)
    ]
