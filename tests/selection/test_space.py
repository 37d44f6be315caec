"""What may be searched: its points, its configurations and what they make, its JSON, its errors."""

import itertools

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from genlab.models import CNN, MLP, Logistic, ResNet
from genlab.selection import Choice, Integer, Real, Space
from genlab.training import CosineDecay, Recipe

PIPELINE = Pipeline([("scale", StandardScaler()), ("svc", SVC())])


def test_a_setting_makes_a_model_and_a_recipe():
    space = Space(
        parameters={
            "depth": Choice(1, 2, 3),
            "width": Integer(10, 400, log=True),
            "learning_rate": Real(1e-4, 0.1, log=True),
            "optimizer": Choice("sgd", "adam"),
            "batch_size": [50, None],
            "momentum": [0.0, 0.9],
        },
        fixed={"steps": 300, "schedule": CosineDecay(), "init": "he"},
    )
    point = {"depth": "2", "width": 30, "learning_rate": 0.01, "batch_size": "None"}
    configuration = space.configuration({**point, "optimizer": "sgd", "momentum": "0.9"})
    assert space.model_and_recipe(configuration) == (
        MLP(hidden=(30, 30), init="he"),
        Recipe.sgd(0.01, steps=300, batch_size=None, momentum=0.9, schedule=CosineDecay()),
    )
    # Adam has no momentum: it is left aside.
    configuration = space.configuration({**point, "optimizer": "adam", "momentum": "0.9"})
    assert "momentum" not in configuration
    assert space.model_and_recipe(configuration)[1].optimizer == "adam"


def test_a_choice_of_models_leaves_aside_what_the_drawn_one_has_not():
    space = Space(
        Choice("MLP", "Logistic", "ResNet", "CNN"),
        {"depth": Integer(1, 3), "width": Integer(8, 64), "learning_rate": Real(1e-3, 0.1)},
    )
    point = {"depth": 2, "width": 16, "learning_rate": 0.01}
    made = {}
    for name in ("MLP", "Logistic", "ResNet", "CNN"):
        configuration = space.configuration({**point, "model": name})
        made[name] = space.model_and_recipe(configuration)[0], sorted(configuration)
    assert made["MLP"] == (MLP(hidden=(16, 16)), ["depth", "learning_rate", "model", "width"])
    assert made["Logistic"] == (Logistic(), ["learning_rate", "model"])
    assert made["ResNet"] == (ResNet(width=16), ["learning_rate", "model", "width"])
    assert made["CNN"][0] == CNN(hidden=(16, 16))


def test_an_estimator_is_made_fresh_each_time():
    space = Space(estimator=PIPELINE, parameters={"svc__C": Real(0.1, 10), "scale": [None]})
    configuration = space.configuration({"svc__C": 2.0, "scale": "None"})
    first, second = space.make_estimator(configuration), space.make_estimator(configuration)
    assert first.named_steps["svc"].C == 2.0
    assert first.named_steps["scale"] is None
    assert first.named_steps["svc"] is not second.named_steps["svc"]
    assert PIPELINE.named_steps["svc"].C == 1.0


def test_the_grid_is_that_of_scikit_learn_in_its_order():
    axes = {"svc__gamma": [0.1, "scale", 1.0], "svc__C": [1.0, 2.0], "svc__degree": [2, 3, 4]}
    space = Space(estimator=PIPELINE, parameters={**axes, "svc__degree": Integer(2, 4)})
    assert space.grid_size() == 18
    points = [space.configuration(space.grid_point(i)) for i in range(18)]
    assert points == list(ParameterGrid(axes))


@settings(max_examples=50, deadline=None)
@given(
    low=st.integers(1, 50), extra=st.integers(0, 300), log=st.booleans(), seed=st.integers(0, 99)
)
def test_what_optuna_draws_is_in_range(low, extra, log, seed):
    space = Space(
        parameters={
            "depth": Integer(1, 1),
            "width": Integer(low, low + extra, log=log),
            "learning_rate": Real(low, low + extra, log=log),
            "batch_size": Choice(None, 10, 20),
        }
    )
    study = optuna.study.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    configuration = space.configuration(study.ask(space.distributions()).params)
    assert isinstance(configuration["width"], int)
    assert low <= configuration["width"] <= low + extra
    assert low <= configuration["learning_rate"] <= low + extra
    assert configuration["batch_size"] in (None, 10, 20)
    assert configuration["depth"] == 1


def test_options_that_look_alike_stay_apart():
    options = (1, "1", 1.0, True, "True", None, "None", (1, 2), "(1, 2)", "a", "'a'")
    choice = Choice(*options)
    values = [choice.value(label) for label in choice.distribution().choices]
    assert [(type(v), v) for v in values] == [(type(v), v) for v in options]


def test_json_both_ways():
    space = Space(
        Choice("MLP", "Logistic"),
        {
            "hidden": Choice((10,), (20, 20)),
            "learning_rate": Real(1e-3, 0.1, log=True),
            "batch_size": Integer(10, 100, step=10),
            "schedule": Choice(None, CosineDecay(0.1)),
        },
        fixed={"steps": 100, "optimizer": "sgd"},
    )
    again = Space.from_dict(space.to_dict())
    assert again == space
    assert again.to_dict() == space.to_dict()
    assert hash(again) == hash(space)
    assert again != Space(parameters={"learning_rate": Real(1e-3, 0.1)})
    labels = space.parameters["schedule"].labels
    assert again.parameters["schedule"].value(labels[1]) == CosineDecay(0.1)
    short = {"model": ["MLP", "CNN"], "parameters": {"learning_rate": [0.1, 0.2]}}
    assert Space.from_dict(short).model == Choice("MLP", "CNN")
    of_estimator = Space(estimator=PIPELINE, parameters={"svc__C": [1.0]}).to_dict()
    assert of_estimator["estimator"]["class"] == "sklearn.pipeline.Pipeline"
    assert of_estimator == Space(estimator=PIPELINE, parameters={"svc__C": [1.0]}).to_dict()
    other = Pipeline([("scale", StandardScaler()), ("svc", SVC(kernel="linear"))])
    assert of_estimator != Space(estimator=other, parameters={"svc__C": [1.0]}).to_dict()
    with pytest.raises(ValueError, match="a space of an estimator cannot be made from JSON"):
        Space.from_dict(of_estimator)


RATE = {"learning_rate": Real(0.1, 1.0)}
REFUSED = {
    "empty": (lambda: Space(), "`parameters` must name at least one parameter to search, got none"),
    "empty dict": (lambda: Space("CNN", {}, fixed={"steps": 5}), "at least one parameter"),
    "one model": (lambda: Space(Choice("MLP")), "at least one parameter"),
    "unknown": (
        lambda: Space(parameters={"dropout": Real(0, 1)}),
        r"`parameters` must be those of MLP and Recipe \(augment, batch_size, .*depth.*width\), "
        "got 'dropout'",
    ),
    "unknown fixed": (lambda: Space(parameters=RATE, fixed={"stps": 5}), "got 'stps'"),
    "unknown of estimator": (
        lambda: Space(estimator=PIPELINE, parameters={"svc__c": [1]}),
        r"those of Pipeline \(memory, .*svc__C.*\), got 'svc__c'",
    ),
    "both": (lambda: Space("MLP", RATE, estimator=PIPELINE), "`model` or an `estimator`, got both"),
    "no model": (lambda: Space("SVM", RATE), "`model` must be one of 'CNN', .* got 'SVM'"),
    "class": (lambda: Space(estimator=SVC, parameters={"C": [1]}), "must be a scikit-learn"),
    "order": (lambda: Real(1.0, 0.1), r"`low` must be at most `high`, got 1.0 and 0.1"),
    "order of integers": (lambda: Integer(5, 3), "`low` must be at most `high`, got 5 and 3"),
    "log at 0": (
        lambda: Real(0, 1, log=True),
        "`low` must be above 0 where `log` is True, got 0.0",
    ),
    "log of integers": (lambda: Integer(0, 9, log=True), "`low` must be above 0 .* got 0"),
    "log step": (lambda: Integer(1, 9, log=True, step=2), "`step` must be 1 where `log`"),
    "infinite": (lambda: Real(0, np.inf), "`high` must be finite"),
    "no options": (lambda: Choice(), "`Choice` must hold at least one option, got none"),
    "twice": (lambda: Choice(1, 1), r"`Choice` must hold distinct options, got \(1, 1\)"),
    "address": (lambda: Choice(len, lambda: 0), "must have distinct string representations"),
    "not a dimension": (
        lambda: Space(parameters={"steps": 5}),
        "`steps` must be a Choice, an Integer or a Real, got 5",
    ),
    "not a mapping": (lambda: Space(parameters=["steps"]), "`parameters` must map names"),
    "both ways": (lambda: Space(parameters=RATE, fixed=dict.fromkeys(RATE, 1)), "got it as both"),
    "depth alone": (lambda: Space(parameters={"depth": [1]}), "`depth` must come with `width`"),
    "hidden too": (
        lambda: Space(parameters={"depth": [1], "width": [1]}, fixed={"hidden": (3,)}),
        "`hidden` must come without",
    ),
    "no grid": (lambda: Space(parameters=RATE).grid_size(), "`learning_rate`: a grid needs a Ch"),
    "json kind": (lambda: Space.from_dict({"parameters": {"steps": {"kind": "x"}}}), "`steps`: `k"),
    "json field": (lambda: Space.from_dict({"params": {}}), "Space has no field 'params'"),
    "json choice": (
        lambda: Space.from_dict({"parameters": {"steps": {"kind": "Choice", "option": [1]}}}),
        "`steps` must be a Choice with `options`",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_a_sentence(case):
    make, words = REFUSED[case]
    with pytest.raises((TypeError, ValueError), match=words) as error:
        make()
    assert str(error.value).endswith(".")


def test_every_combination_of_a_grid_comes_once():
    space = Space(estimator=LogisticRegression(), parameters={"C": [1.0, 2.0], "max_iter": [5, 6]})
    found = {
        tuple(space.configuration(space.grid_point(i)).values()) for i in range(space.grid_size())
    }
    assert found == set(itertools.product([1.0, 2.0], [5, 6]))


def test_width_alone_keeps_the_models_depth():
    assert Space(parameters={"width": [7]}).model_and_recipe({"width": 7})[0] == MLP((7, 7))
    deep = Space(parameters={"width": [7]}, fixed={"depth": 3})
    assert deep.model_and_recipe({"width": 7})[0] == MLP((7, 7, 7))
    convolutional = Space(model="CNN", parameters={"width": [7]})
    assert convolutional.model_and_recipe({"width": 7})[0] == CNN(hidden=(7,))
