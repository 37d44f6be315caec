"""Class weights in a search: fixed, searched, in a file, on the command line, of estimators."""

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sweep.here import no_workers

from genlab.datasets import Dataset
from genlab.selection import Choice, Real, Space, default_trial, search_from_file, select
from genlab.sweep import Store

STEPS = {"optimizer": "sgd", "batch_size": None, "steps": 30, "evaluate_every": 30}
RATES = {"learning_rate": Choice(0.3, 1.0)}


@pytest.fixture
def store():
    with Store("sqlite://") as opened, no_workers():
        yield opened


def rare(**fields):
    """A 95:5 table of two overlapping classes."""
    rng = np.random.default_rng(0)
    y = (np.arange(400) % 20 == 0).astype(int)
    x = rng.normal(size=(400, 1)) + 1.5 * y[:, None]
    return Dataset(x[:320], y[:320], x[320:], y[320:], **fields)


DATA = rare(classes=("healthy", "sick"))


def found_of(chosen, data):
    """The fraction of the sick that the refitted model of a search finds."""
    return np.mean(chosen.predict(data.x_train[data.y_train == 1]) == 1)


def test_a_weighted_search_chooses_otherwise(store):
    """The trivial model errs on the rare class alone; it stands beside both searches."""
    plain, weighted = (
        select(
            Space("Logistic", RATES, fixed={**STEPS, "class_weight": weights}),
            DATA,
            sampler="grid",
            folds=2,
            store=store,
        )
        for weights in (None, "balanced")
    )
    for chosen in (plain, weighted):
        assert float(chosen.trivial_error.mean) == pytest.approx(0.05)
    assert found_of(plain, DATA) < 0.3
    assert found_of(weighted, DATA) > 0.6
    assert float(plain.validation_error.mean) < 0.051 < float(weighted.validation_error.mean)
    # As a searched parameter: the error alone chooses by the frequent class.
    searched = Space("Logistic", {**RATES, "class_weight": [None, "balanced"]}, fixed=STEPS)
    both = select(searched, DATA, sampler="grid", folds=2, store=store)
    assert both.parameters["class_weight"] is None
    assert len(both.trials) == 4
    errors = {t.parameters["class_weight"]: t.validation_error.mean for t in both.trials}
    assert errors["balanced"] > 0.05
    assert default_trial(searched, DATA, folds=2, store=store).parameters["class_weight"] is None


def test_names_of_classes(store):
    """They mean the classes of these data: by name and by label it is the same weight."""
    by_name, by_label = (
        select(
            Space("Logistic", RATES, fixed={**STEPS, "class_weight": weights}),
            DATA,
            sampler="grid",
            store=store,
        )
        for weights in ({"sick": 19}, (1, 19))
    )
    assert by_name.name != by_label.name
    for one, other in zip(by_name.trials, by_label.trials, strict=True):
        assert np.array_equal(one.wrong, other.wrong)
    assert by_name.model.recipe.class_weight == (1.0, 19.0)
    # The same arrays with other names are another search.
    turned = rare(classes=("sick", "healthy"))
    assert turned.fingerprint == DATA.fingerprint
    space = by_name.space
    assert select(space, turned, sampler="grid", store=store).name != by_name.name
    unknown = Space("Logistic", {"class_weight": [None, {"ill": 2}]}, fixed=STEPS)
    with pytest.raises(ValueError, match=r"classes of the data \('healthy', 'sick'\), got 'ill'"):
        select(unknown, DATA, store=store)


def test_json_both_ways():
    options = (None, "balanced", {"sick": 3}, {1: 2.5}, (1, 4))
    space = Space("Logistic", {"class_weight": Choice(*options)}, fixed={"steps": 3})
    again = Space.from_dict(json.loads(json.dumps(space.to_dict())))
    assert again == space
    assert again.parameters["class_weight"].options == space.parameters["class_weight"].options
    fixed = Space("Logistic", RATES, fixed={"class_weight": {1: 2, 0: 1}})
    again = Space.from_dict(json.loads(json.dumps(fixed.to_dict())))
    assert again.fixed == fixed.fixed == {"class_weight": ((0, 1.0), (1, 2.0))}
    assert fixed.model_and_recipe({"learning_rate": 0.3})[1].class_weight == ((0, 1.0), (1, 2.0))


FILE = """[data]
dataset = "mnist1d"
[model]
name = "Logistic"
{fixed}
[parameters]
learning_rate = [0.1, 0.2]
{searched}
"""


@pytest.mark.parametrize(
    ("fixed", "searched", "space"),
    [
        (
            'class_weight = "balanced"',
            "",
            Space("Logistic", {"learning_rate": [0.1, 0.2]}, fixed={"class_weight": "balanced"}),
        ),
        (
            "class_weight = {sick = 3}",
            "",
            Space("Logistic", {"learning_rate": [0.1, 0.2]}, fixed={"class_weight": {"sick": 3}}),
        ),
        (
            "",
            'class_weight = ["none", "balanced", {sick = 3}]',
            Space(
                "Logistic",
                {"learning_rate": [0.1, 0.2], "class_weight": [None, "balanced", {"sick": 3}]},
            ),
        ),
    ],
)
def test_in_a_file(tmp_path, fixed, searched, space):
    path = tmp_path / "search.toml"
    path.write_text(FILE.format(fixed=fixed, searched=searched))
    assert search_from_file(path).space == space


def test_of_an_estimator(store):
    """Its own parameter of that name is searched like any other."""
    space = Space(
        estimator=LogisticRegression(),
        parameters={"class_weight": [None, "balanced", {0: 1, 1: 19}], "C": Real(0.1, 1)},
    )
    found = select(space, DATA, n_trials=6, sampler="random", validation=0.5, store=store)
    fitted, held_out = found.validation.fitted[0], found.validation.chosen_by[0]
    assert len({repr(trial.parameters["class_weight"]) for trial in found.trials}) > 1
    for trial in found.trials:
        plain = LogisticRegression(**trial.parameters).fit(
            DATA.x_train[fitted], DATA.y_train[fitted]
        )
        score = plain.score(DATA.x_train[held_out], DATA.y_train[held_out])
        assert float(trial.validation_error.mean) == pytest.approx(1 - score)


def test_by_the_balanced_error_the_weighted_is_chosen(store):
    """The error chooses the model that never finds the rare class; the balanced error does not."""
    searched = Space("Logistic", {**RATES, "class_weight": [None, "balanced"]}, fixed=STEPS)
    options = {"sampler": "grid", "folds": 2, "store": store}
    by_error = select(searched, DATA, **options)
    balanced = select(searched, DATA, scoring="balanced_error", **options)
    assert by_error.parameters["class_weight"] is None
    assert balanced.parameters["class_weight"] == "balanced"
    assert found_of(by_error, DATA) < 0.3 < 0.6 < found_of(balanced, DATA)
    # The trivial model, which never finds it either, is good by one and no better than a coin.
    assert float(by_error.trivial_score.mean) == pytest.approx(0.05)
    assert float(balanced.trivial_score.mean) == pytest.approx(0.5)
    assert float(balanced.score.mean) < 0.4
