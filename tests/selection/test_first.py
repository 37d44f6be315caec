"""Known configurations first: as Optuna's enqueued trials, in any sampler, and what is refused."""

from functools import partial

import numpy as np
import optuna
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from genlab.datasets import make_mnist1d
from genlab.selection import (
    Choice,
    Integer,
    Real,
    SearchOptions,
    Space,
    check_search,
    importances,
    make_search,
    run_search,
    search_from_file,
    select,
)
from genlab.selection._first import first_points
from genlab.selection._proposals import Proposals
from genlab.selection._trials import Outcome, TrialRow
from genlab.sweep import Store

PARAMETERS = {
    "max_depth": Integer(1, 9, step=2),
    "min_samples_leaf": Choice(1, 5, 20),
    "ccp_alpha": Real(1e-4, 0.1, log=True),
}
SPACE = Space(estimator=DecisionTreeClassifier(), parameters=PARAMETERS)
GRID = Space(estimator=DecisionTreeClassifier(), parameters=dict(list(PARAMETERS.items())[:2]))
WHOLE = [
    {"max_depth": 7, "min_samples_leaf": 5, "ccp_alpha": 0.01},
    {"ccp_alpha": 1e-3, "max_depth": 3, "min_samples_leaf": 20},
]


@pytest.fixture(autouse=True)
def _few_forests(monkeypatch):
    """Intervals of importances from few resampled forests; they are the subject of other tests."""
    few = partial(importances, n_resamples=2)
    monkeypatch.setattr("genlab.selection._run_search.importances", few)


@pytest.fixture
def store():
    with Store("sqlite://") as opened:
        yield opened


@pytest.fixture(scope="module")
def data():
    return make_mnist1d(n_samples=150)


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_they_come_first_and_in_order(sampler, data, store):
    found = select(
        SPACE, data, n_trials=4, sampler=sampler, try_first=WHOLE, store=store, refit=False
    )
    assert [trial.parameters for trial in found.trials[:2]] == WHOLE
    plain = select(SPACE, data, n_trials=4, sampler=sampler, store=store, refit=False)
    assert plain.name != found.name  # they are part of the search
    later = select(
        SPACE, data, n_trials=4, sampler=sampler, try_first=WHOLE[::-1], store=store, refit=False
    )
    assert later.name not in (plain.name, found.name)
    again = select(
        SPACE, data, n_trials=5, sampler=sampler, try_first=WHOLE, store=store, refit=False
    )
    assert again.name == found.name
    assert [t.parameters for t in again.trials[:4]] == [t.parameters for t in found.trials]
    none = select(SPACE, data, n_trials=4, sampler=sampler, try_first=[], store=store, refit=False)
    assert none.name == plain.name


def test_the_sampler_learns_from_them_as_from_enqueued_trials_of_optuna():
    """The third point is what Optuna asks for after two enqueued trials that were told so."""
    first = first_points(SPACE, WHOLE)
    ours = Proposals(SPACE, "tpe", 5, 1, first)
    rows = [
        TrialRow(i, point, Outcome("complete", accuracies=(0.5 + i / 10,)))
        for i, point in enumerate(first)
    ]
    third = ours.point(2, rows)
    state = np.random.SeedSequence([5, 2, 0]).generate_state(1)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=int(state[0])))
    for i, configuration in enumerate(WHOLE):
        point = configuration | {"min_samples_leaf": str(configuration["min_samples_leaf"])}
        study.enqueue_trial(point)
        asked = study.ask(SPACE.distributions())
        assert asked.params == point
        study.tell(asked, 0.5 - i / 10)
    assert study.ask(SPACE.distributions()).params == third


def test_what_is_left_out_is_drawn(data, store):
    given = [{"ccp_alpha": 0.02}, {"min_samples_leaf": 20, "max_depth": 1}]
    found = select(SPACE, data, n_trials=3, try_first=given, store=store, seed=3, refit=False)
    for trial, configuration in zip(found.trials, given, strict=False):
        assert trial.parameters.items() >= configuration.items()
        assert trial.parameters.keys() == PARAMETERS.keys()
    twice = select(SPACE, data, n_trials=3, try_first=given, store="sqlite://", seed=3, refit=False)
    assert [t.parameters for t in twice.trials] == [t.parameters for t in found.trials]


def test_a_grid_is_whole_and_ties_are_as_before(data, store):
    given = [{"max_depth": 9, "min_samples_leaf": 20}, {"max_depth": 5}]
    found = select(GRID, data, sampler="grid", try_first=given, store=store, refit=False)
    plain = select(GRID, data, sampler="grid", store=store, refit=False)
    tried = [trial.parameters for trial in found.trials]
    assert tried[:2] == [given[0], {"max_depth": 5, "min_samples_leaf": 1}]
    assert tried[2:] == [t.parameters for t in plain.trials if t.parameters not in tried[:2]]
    assert found.parameters == plain.parameters
    indices = [GRID.grid_index(GRID.grid_point(i)) for i in range(GRID.grid_size())]
    assert indices == list(range(15))


def test_a_model_s_own_names_and_values():
    space = Space(
        Choice("MLP", "Logistic"),
        {
            "hidden": Choice((10,), (20, 20)),
            "class_weight": [None, {"a": 2}],
            "weight_decay": [0.0, 1.0],
            "batch_size": [None, 20],
        },
    )
    given = {"model": "Logistic", "class_weight": {"a": 2.0}, "weight_decay": 1, "batch_size": None}
    (point,) = first_points(space, [given])
    assert space.configuration({**point, "hidden": "(10,)"}) == {
        "model": "Logistic",
        "class_weight": (("a", 2.0),),
        "weight_decay": 1.0,
        "batch_size": None,
    }
    (point,) = first_points(space, [{"hidden": [20, 20]}])
    assert point == {"hidden": "(20, 20)"}


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        (
            [{"depth": 3}],
            ValueError,
            r"searched \(max_depth, min_samples_leaf, ccp_alpha\), got 'depth'",
        ),
        (
            [{"max_depth": 11}],
            ValueError,
            r"`try_first` must give `max_depth` a value of Integer\(low=1, high=9.*\), got 11\.",
        ),
        ([{"max_depth": 2}], ValueError, "`max_depth` a value of .*step=2.*, got 2"),
        ([{"max_depth": "3"}], ValueError, "`max_depth` a value of .*, got '3'"),
        (
            [{"min_samples_leaf": 2}],
            ValueError,
            r"`min_samples_leaf` a value of Choice\(1, 5, 20\), got 2",
        ),
        ([{"ccp_alpha": 0.2}], ValueError, "`ccp_alpha` a value of Real.*, got 0.2"),
        ([WHOLE[0], WHOLE[0]], ValueError, "`try_first` must hold each configuration once, got"),
        (WHOLE[0], TypeError, r"several configurations such as \[\{'learning_rate': 0.01\}\], got"),
        ([3], TypeError, "`try_first` must hold mappings from names of searched .*, got 3"),
        ([{}], TypeError, "`try_first` must hold mappings from names of searched .*, got {}"),
    ],
)
def test_refused_in_a_sentence(given, error, sentence, data):
    with pytest.raises(error, match=sentence):
        check_search(SPACE, data, try_first=given, store="sqlite://")


FILE = """[data]
dataset = "mnist1d"
[parameters]
width = [3, 4]
batch_size = [50, "none"]
[[try_first]]
width = 4
[[try_first]]
width = 3
batch_size = "none"
"""


def test_in_a_file(tmp_path, data, store):
    path = tmp_path / "search.toml"
    path.write_text(FILE)
    assert search_from_file(path).try_first == ({"width": 4}, {"width": 3, "batch_size": None})
    path.write_text(FILE.replace("[[try_first]]", "[try_first]", 1).partition("[[try")[0])
    with pytest.raises(TypeError, match=r"try_first must be tables, \[\[try_first\]\], one per co"):
        search_from_file(path)
    space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": [1, 3, 5]})
    search = make_search(space, SearchOptions(sampler="grid"), try_first=[{"n_neighbors": 5}])
    result = run_search(search, data, store)
    assert result.selection.trials[0].parameters == {"n_neighbors": 5}
    assert result.report.search["try_first"] == [{"n_neighbors": 5}]
