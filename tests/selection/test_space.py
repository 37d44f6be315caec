"""What may be searched: its points, its configurations and what they make, its JSON, its errors."""

import itertools

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, KFold, ParameterGrid
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier

from genlab.models import CNN, MLP, Logistic, ResNet
from genlab.selection import Choice, Integer, Real, Space, estimator_space
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


def test_values_that_look_alike_make_other_spaces():
    """NumPy and scikit-learn shorten what they print, and a search is known by its space."""

    def space(priors):
        return Space(
            estimator=GaussianNB(),
            parameters={"var_smoothing": [1e-9]},
            fixed={"priors": priors},
        )

    thirds = np.full(3, 1 / 3)
    shifted = thirds + np.array([1e-10, -1e-10, 0])
    assert repr(thirds) == repr(shifted)
    assert space(thirds) != space(shifted)
    long, other = np.zeros(3000), np.zeros(3000)
    other[1500] = 1
    assert space(long) != space(other)
    assert space(long) == space(np.zeros(3000))
    # What is printed whole has the JSON that it always had.
    assert space(np.array([0.25, 0.75])).to_dict()["fixed"] == {"priors": "array([0.25, 0.75])"}

    def nested(c):
        steps = [(f"a{i}", FunctionTransformer(kw_args={"x": i})) for i in range(40)]
        return Pipeline([*steps, ("svc", SVC(C=c))])

    one, two = (
        Space(estimator=PIPELINE, parameters={"scale": [StandardScaler()], "svc": [nested(c)]})
        for c in (2.0, 3.0)
    )
    assert one != two
    both = Choice(thirds, shifted)
    for label, option in zip(both.labels, both.options, strict=True):
        assert both.value(label) is option


EMPTY_END = Pipeline([("scale", StandardScaler()), ("end", None)])
FITTED = SVC().fit([[0.0], [1.0]], [0, 1])
NO_CLASSIFIERS = {
    "regressor": (Ridge(), {"alpha": [1.0]}, "got Ridge, a regressor"),
    "pipeline": (
        make_pipeline(StandardScaler(), Ridge()),
        {"ridge__alpha": [1.0]},
        "got Pipeline that ends with Ridge, a regressor",
    ),
    "searched regressor": (
        GridSearchCV(Ridge(), {"alpha": [1.0]}),
        {"cv": [2]},
        "got GridSearchCV, a regressor",
    ),
    "clusterer": (KMeans(), {"n_clusters": [3]}, "got KMeans, a clusterer"),
    "density": (GaussianMixture(), {"n_components": [3]}, "got GaussianMixture, a density estim"),
    "outliers": (OneClassSVM(), {"nu": [0.5]}, "got OneClassSVM, an outlier detector"),
    "transformer": (
        make_pipeline(StandardScaler(), PCA()),
        {"pca__n_components": [1]},
        "got Pipeline that ends with PCA, which has no `predict`",
    ),
    "option": (EMPTY_END, {"end": [SVC(), Ridge()]}, "got Pipeline that ends with Ridge, a regr"),
    "option of none": (EMPTY_END, {"end": [SVC(), "passthrough"]}, "ends with passthrough, which"),
    "no end": (EMPTY_END, {"scale": [None]}, "ends with NoneType, which has no `predict`"),
    "frozen": (
        Pipeline([("scale", StandardScaler()), ("end", FrozenEstimator(FITTED))]),
        {"scale": [None, StandardScaler()]},
        "got Pipeline that ends with FrozenEstimator, which `fit` leaves as it is",
    ),
}


@pytest.mark.parametrize("case", NO_CLASSIFIERS)
def test_what_is_no_classifier_is_refused(case):
    estimator, parameters, words = NO_CLASSIFIERS[case]
    rule = "`estimator` must be a classifier(, a regressor)? or a pipeline that ends with one, "
    with pytest.raises(ValueError, match=rule) as error:
        Space(estimator=estimator, parameters=parameters).check_task("classification")
    assert words in str(error.value)
    assert str(error.value).endswith(".")


def test_a_regressor_is_taken_for_a_regression_alone():
    fixed = Space(estimator=EMPTY_END, parameters={"scale": [None]}, fixed={"end": Ridge()})
    named = estimator_space("sklearn.linear_model.Ridge", {"alpha": [1.0]}, {}, 0)
    for space, words in ((fixed, "Pipeline that ends with Ridge"), (named, "Ridge")):
        space.check_task("regression")
        with pytest.raises(ValueError, match=f"must be a classifier or .* got {words}, a regress"):
            space.check_task("classification")
    with pytest.raises(ValueError, match=r"must be a regressor or .* got SVC, a classifier"):
        Space(estimator=SVC(), parameters={"C": [1.0]}).check_task("regression")
    with pytest.raises(ValueError, match="must be a classifier, a regressor or a pipeline that"):
        estimator_space("sklearn.cluster.KMeans", {"n_clusters": [1]}, {}, 0)


def test_classifiers_of_every_kind_are_taken():
    """Also where the pipeline's end is searched, and where an estimator says nothing of itself."""

    class Silent(BaseEstimator):
        def __init__(self, a=1):
            self.a = a

        def fit(self, x, y):
            return self

        def predict(self, x):
            return np.zeros(len(x), int)

    Space(estimator=EMPTY_END, parameters={"end": [SVC(), LogisticRegression()]})
    Space(estimator=EMPTY_END, parameters={"scale": [None]}, fixed={"end": SVC()})
    Space(estimator=Silent(), parameters={"a": [1, 2]})
    Space(estimator=GridSearchCV(SVC(), {"C": [1.0]}), parameters={"cv": [2, 3]})
    Space(estimator=VotingClassifier([("svc", SVC())]), parameters={"svc__C": [1.0]})


def test_every_random_state_that_is_none_is_seeded():
    forest = Pipeline(
        [
            ("pca", PCA(svd_solver="randomized")),
            ("bag", BaggingClassifier(DecisionTreeClassifier(random_state=5))),
        ]
    )
    space = Space(estimator=forest, parameters={"bag__n_estimators": [1, 2]})
    made = space.make_estimator({"bag__n_estimators": 2}, seed=7)
    states = {k: v for k, v in made.get_params().items() if k.endswith("random_state")}
    assert states == {
        "pca__random_state": 7,
        "bag__random_state": 7,
        "bag__estimator__random_state": 5,
    }
    assert forest.named_steps["bag"].random_state is None
    assert space.make_estimator({}).named_steps["bag"].random_state is None
    searched = Space(estimator=forest, parameters={"bag__random_state": [None, 1]})
    made = searched.make_estimator({"bag__random_state": None}, seed=7)
    assert made.named_steps["bag"].random_state is None
    inner = GridSearchCV(SVC(), {"C": [1.0]}, cv=KFold(2, shuffle=True))
    made = Space(estimator=inner, parameters={"estimator__gamma": [1.0]}).make_estimator({}, seed=7)
    assert (made.cv.random_state, inner.cv.random_state) == (7, None)
    plain = GridSearchCV(SVC(), {"C": [1.0]}, cv=KFold(2))
    made = Space(estimator=plain, parameters={"estimator__gamma": [1.0]}).make_estimator({}, seed=7)
    assert made.cv.random_state is None


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
        "`steps` must be a Choice, an Integer or a Real, or a list, range or SciPy distribution "
        "that stands for one, got 5",
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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ([0.1, 1.0], Choice(0.1, 1.0)),
        (np.logspace(-1, 1, 3), Choice(0.1, 1.0, 10.0)),
        (np.arange(3), Choice(0, 1, 2)),
        (range(10, 41, 10), Integer(10, 40, step=10)),
        (range(10, 45, 10), Integer(10, 40, step=10)),
        (range(5, 0, -1), Integer(1, 5)),
        (stats.randint(1, 11), Integer(1, 10)),
        (stats.uniform(0.5, 2), Real(0.5, 2.5)),
        (stats.uniform(loc=-1, scale=2), Real(-1, 1)),
        (stats.loguniform(1e-4, 0.1), Real(1e-4, 0.1, log=True)),
        (stats.reciprocal(a=1, b=100), Real(1, 100, log=True)),
    ],
)
def test_ranges_as_people_write_them(written, meant):
    assert Space(parameters={"learning_rate": written}).parameters["learning_rate"] == meant


@pytest.mark.parametrize("written", [stats.norm(), stats.loguniform(1, 10, loc=5), range(0), 5])
def test_what_stands_for_no_range(written):
    with pytest.raises((TypeError, ValueError), match="`learning_rate` must be"):
        Space(parameters={"learning_rate": written})
