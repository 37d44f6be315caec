"""A diagnosis against scikit-learn, plain loops and problems whose answer is known."""

import dataclasses
import itertools
import json
import math

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_diabetes
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sweep.here import no_workers

import genlab
from genlab import FailedFitsError
from genlab.datasets import Dataset
from genlab.models import MLP, Logistic
from genlab.studies import Advice
from genlab.studies.diagnosis._axis import axis_of
from genlab.studies.diagnosis._divided import chosen_elsewhere, folds_of
from genlab.studies.diagnosis._effort import EFFORTS
from genlab.studies.diagnosis._part import change, turned
from genlab.sweep import Store
from genlab.training import Recipe

RANDOM = np.random.default_rng(5)
X = RANDOM.standard_normal((600, 4))
NOISY = (X[:, 0] + 0.8 * RANDOM.standard_normal(600) > 0).astype(int)
# Two thresholds, which a tree of one split cannot have.
BOXES = ((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(int)
DATA = Dataset(X[:500], NOISY[:500], X[500:], NOISY[500:])
TREE = DecisionTreeClassifier(random_state=0)


@pytest.fixture(autouse=True, scope="module")
def _no_workers():
    with no_workers():
        yield


@pytest.fixture(scope="module")
def diagnosed():
    with Store("sqlite://") as store:
        first = genlab.diagnose(TREE, DATA, effort=2, store=store)
        n = len(store)
        second = genlab.diagnose(TREE, DATA, effort=2, store=store)
        assert len(store) == n
    return first, second


def test_a_second_call_fits_nothing_and_finds_the_same(diagnosed):
    first, second = diagnosed
    for name, rows in first.tables.items():
        np.testing.assert_equal(second.tables[name], rows, err_msg=name)
    assert first.advice == second.advice


def test_copies_in_the_test_set_are_among_the_notes():
    data = Dataset(X[:100], NOISY[:100], X[95:100], NOISY[95:100])
    with (
        Store("sqlite://") as store,
        pytest.warns(genlab.DataWarning, match="5 of 5 test examples have the same inputs"),
    ):
        found = genlab.diagnose(TREE, data, effort=1, store=store)
    assert found.notes[-1].startswith("5 of 5 test examples have the same inputs as a training")


def test_a_diagnosis_that_was_stopped_goes_on_and_finds_the_same():
    data = Dataset(X[:100], NOISY[:100], X[100:140], NOISY[100:140])
    told = []

    def stop(part, _):
        told.append(part)
        if told.count("capacity") == 2:
            raise KeyboardInterrupt

    with Store("sqlite://") as store, Store("sqlite://") as fresh:
        with pytest.raises(KeyboardInterrupt):
            genlab.diagnose(TREE, data, effort=1, store=store, progress=stop)
        kept = len(store)
        assert kept > 0
        found, whole = (
            genlab.diagnose(TREE, data, effort=1, store=kind).to_dict() for kind in (store, fresh)
        )
        assert kept < len(store) == len(fresh)
    for result in (found, whole):
        del result["seconds"]
    assert repr(found) == repr(whole)


def test_errors_are_those_of_scikit_learn_on_the_same_folds(diagnosed):
    pairs = folds_of(DATA.without_test(), 5, 0)
    for role, model in {"asked": TREE, "linear": linear()}.items():
        (row,) = (r for r in diagnosed[0].tables["standing"] if r["role"] == role)
        scores = cross_val_score(model, DATA.x_train, DATA.y_train, cv=pairs)
        assert row["estimate"] == pytest.approx(1 - scores.mean(), abs=1e-12)
    capacity = [row for row in diagnosed[0].tables["capacity"] if row["curve"] == "test_error"]
    for row in capacity:
        tree = clone(TREE) if row["own"] else clone(TREE).set_params(max_leaf_nodes=row["value"])
        scores = cross_val_score(tree, DATA.x_train, DATA.y_train, cv=pairs)
        assert row["estimate"] == pytest.approx(1 - scores.mean(), abs=1e-12)


def linear():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def test_the_expected_error_of_advice_is_what_scikit_learn_measures(diagnosed):
    by_kind = {one.kind: one for one in diagnosed[0].advice}
    pairs = folds_of(DATA.without_test(), 5, 0)
    averaged = BaggingClassifier(TREE, n_estimators=10, random_state=0)
    for kind, model in {"linear model": linear(), "average": averaged}.items():
        if kind in by_kind:
            scores = cross_val_score(model, DATA.x_train, DATA.y_train, cv=pairs)
            assert by_kind[kind].estimate == pytest.approx(1 - scores.mean(), abs=1e-12)
    assert "linear model" in by_kind  # the labels are those of a line, and noise


def test_advice_is_in_the_order_of_its_gain_and_says_what_it_expects(diagnosed):
    advice = diagnosed[0].advice
    gains = [one.gain for one in advice]
    assert gains == sorted(gains, reverse=True)
    for one in advice:
        assert 0 <= one.low <= one.estimate <= one.high <= 1
        assert one.sentence.startswith(f"{one.action}: expected to lower the error from ")
        assert one.part in {part.name for part in diagnosed[0].parts}


def test_too_much_capacity_is_told_from_too_little():
    with Store("sqlite://") as store:
        much = genlab.diagnose(TREE, DATA.without_test(), effort=3, store=store)
        boxes = Dataset(X, BOXES, X[:0], BOXES[:0])
        little = genlab.diagnose(
            DecisionTreeClassifier(max_leaf_nodes=2, random_state=0), boxes, effort=2, store=store
        )
    (position,) = much.tables["position"]
    assert position["position"] == "over-fitted"
    assert position["gain_low"] > 0
    (position,) = little.tables["position"]
    assert position["position"] == "under-fitted"
    assert little.advice[0].kind == "capacity"
    assert much.part("how well").notes  # there was no test set


def test_what_chance_brings_is_no_advice():
    labels = np.random.default_rng(0).integers(0, 2, 600)
    with Store("sqlite://") as store:
        found = genlab.diagnose(
            RandomForestClassifier(5), Dataset(X, labels, X[:0], labels[:0]), effort=1, store=store
        )
    assert found.advice == ()
    assert "No advice: no change" in str(found)


def test_the_test_set_is_opened_once(tmp_path):
    stored = f"sqlite:///{tmp_path}/store.db"
    closed = genlab.diagnose(TREE, DATA, effort=1, open_test=False, store=stored)
    assert genlab.sealing.sealed_openings(stored) == []
    assert "test" not in closed.tables
    first = genlab.diagnose(TREE, DATA, effort=1, store=stored)
    (opening,) = genlab.sealing.sealed_openings(stored)
    error = np.mean(clone(TREE).fit(DATA.x_train, DATA.y_train).predict(DATA.x_test) != DATA.y_test)
    assert first.tables["test"][0]["estimate"] == opening.error == pytest.approx(error)
    again = genlab.diagnose(DecisionTreeClassifier(max_depth=1), DATA, effort=1, store=stored)
    assert len(genlab.sealing.sealed_openings(stored)) == 1
    assert "opened" in again.part("how well").notes[0]


def test_a_regression_is_diagnosed_in_fractions_of_variance():
    x, y = load_diabetes(return_X_y=True)
    data = Dataset(x, y, x[:0], y[:0], task="regression")
    with Store("sqlite://") as store:
        found = genlab.diagnose(DecisionTreeRegressor(random_state=0), data, effort=2, store=store)
    ridge = make_pipeline(StandardScaler(), Ridge())
    scores = cross_val_score(ridge, x, y, cv=folds_of(data, 5, 0))
    (row,) = (r for r in found.tables["standing"] if r["role"] == "linear")
    assert row["estimate"] == pytest.approx(1 - scores.mean(), abs=1e-12)
    assert found.advice[0].estimate < found.advice[0].before
    assert found.part("probabilities").skipped == "A regression model gives no probabilities."


def test_a_network_is_diagnosed_with_its_recipe():
    data = Dataset(X[:60], NOISY[:60], X[:0], NOISY[:0])
    recipe = Recipe.adam(0.01, batch_size=None, steps=20)
    with Store("sqlite://") as store:
        found = genlab.diagnose(
            MLP((3,)), data, recipe, capacity={"hidden": [2, 3, 4]}, effort=1, store=store
        )
    own, same = (
        [r for r in found.tables["capacity"] if r["curve"] == "test_error" and r["own"] is own]
        for own in (True, False)
    )
    assert own[0]["estimate"] == same[1]["estimate"]  # the value 3 is the network itself
    assert [part.name for part in found.parts if part.skipped] == []


def test_without_time_the_first_question_is_answered_and_the_others_say_why():
    with Store("sqlite://") as store:
        found = genlab.diagnose(TREE, DATA.without_test(), minutes=1e-4, store=store)
    assert found.level == 1
    assert found.part("how well").answer
    skipped = [part.skipped for part in found.parts if part.skipped]
    assert skipped
    assert all("minutes" in reason for reason in skipped)


class Moody(ClassifierMixin, BaseEstimator):
    """Raises where a fit has a multiple of `every` examples."""

    def __init__(self, every=7):
        self.every = every

    def fit(self, x, y):
        if len(y) % self.every == 0:
            raise RuntimeError("a bad day")
        self.classes_ = np.unique(y)
        self.most_ = self.classes_[np.bincount(y).argmax()]
        return self

    def predict(self, x):
        return np.full(len(x), self.most_)


def test_fits_that_fail_are_counted_and_a_model_of_which_all_fail_is_refused():
    data = Dataset(X[:71], NOISY[:71], X[:0], NOISY[:0])
    with Store("sqlite://") as store:
        found = genlab.diagnose(Moody(57), data, effort=2, store=store)
        assert any("4 of 5 fits failed" in note for note in found.part("how well").notes)
        with pytest.raises(FailedFitsError, match="RuntimeError: a bad day"):
            genlab.diagnose(Moody(1), data, effort=1, store=store)


class Certain(Moody):
    """Whose `predict_proba` gives 1 to every class."""

    def predict_proba(self, x):
        return np.ones((len(x), len(self.classes_)))


def test_what_cannot_be_measured_says_so_and_the_rest_is_kept():
    data = Dataset(X[:60], NOISY[:60], X[:0], NOISY[:0])
    with Store("sqlite://") as store:
        found = genlab.diagnose(
            Certain(1000), data, capacity={"every": ["a", "b", "c"]}, effort=1, store=store
        )
    assert found.part("how well").answer
    assert "sum over the classes must be 1" in found.part("probabilities").skipped
    assert "All 9 fits failed; the first: TypeError" in found.part("capacity").skipped
    assert found.part("choosing").skipped == "Nothing was chosen: no capacity was measured."


def test_signs_are_words():
    fall = {"estimate": -0.012, "low": -0.027, "high": 0.003}
    assert change(fall, "fell", "rose") == "rose by 1.2 [−0.3, 2.7] points"
    assert change(turned(fall), "fell", "rose") == "fell by 1.2 [−0.3, 2.7] points"


def test_a_model_that_is_always_certain_suspects_no_label(diagnosed):
    why, believed = (diagnosed[0].part(name) for name in ("why", "probabilities"))
    assert "Wrong labels cannot be found with this model" in why.answer
    assert "labels were given a probability of 0" in believed.notes[0]
    assert diagnosed[0].tables["suspects"] == []
    assert "temperature" not in {one.kind for one in diagnosed[0].advice}


@pytest.mark.parametrize(
    ("kinds", "error", "level", "words"),
    [
        ((), 0.1, 2, "No advice: no change that was tried lowers the error by more than chance. "),
        ((), 0.1, 5, "more than chance."),
        ((), 0.0, 2, "No advice: the model made no error on held-out examples. Check"),
        (("average",), 0.1, 2, ""),
        (("average", "temperature"), 0.1, 2, ""),
        (("average", "linear model"), 0.1, 2, "Each number is for one change alone"),
    ],
)
def test_advice_or_none_comes_with_what_it_means(diagnosed, kinds, error, level, words):
    first = diagnosed[0].parts[0]
    part = dataclasses.replace(
        first, tables={"standing": [{**first.tables["standing"][-1], "estimate": error}]}
    )
    advice = tuple(Advice(kind, "Do", 0.2, 0.1, 0.1, 0.1, "of it", "why") for kind in kinds)
    found = dataclasses.replace(diagnosed[0], parts=(part,), advice=advice, level=level)
    assert words in found.remark
    assert bool(words) == bool(found.remark)


def test_a_choice_is_measured_where_it_had_no_say():
    rng = np.random.default_rng(2)
    losses = [[rng.random(4) for _ in range(7)] for _ in range(3)]
    errors = np.array([[one.mean() for one in own] for own in losses])
    expected = []
    for block in (range(5), range(5, 7)):
        for i in block:
            others = [j for j in block if j != i]
            best = min(range(3), key=lambda c: np.mean([errors[c, j] for j in others]))
            expected.append(losses[best][i])
    np.testing.assert_array_equal(chosen_elsewhere(losses), expected)


def test_efforts_and_folds_are_part_of_the_higher_ones():
    pairs = folds_of(DATA, 20, 3)
    for effort in EFFORTS[:4]:
        for own, more in zip(folds_of(DATA, effort.n_divisions, 3), pairs, strict=False):
            np.testing.assert_array_equal(own[0], more[0])
    for repeat in range(4):
        rows = np.concatenate([held for _, held in pairs[5 * repeat : 5 * repeat + 5]])
        assert sorted(rows) == list(range(500))
    axis = axis_of(TREE, 2000)
    for small, large in itertools.pairwise((3, 5, 9)):
        assert set(axis.some(small).values) <= set(axis.some(large).values)


def test_folds_keep_groups_together():
    groups = np.arange(240) // 4
    data = Dataset(X[:240], NOISY[:240], X[:0], NOISY[:0], groups=groups)
    for fitted, held in folds_of(data, 5, 0):
        assert not set(groups[fitted]) & set(groups[held])
    few = Dataset(X[:240], NOISY[:240], X[:0], NOISY[:0], groups=np.arange(240) % 3)
    with pytest.raises(ValueError, match="at least 5 training groups"):
        folds_of(few, 5, 0)


@pytest.mark.parametrize(
    ("model", "parameter", "own"),
    [
        (TREE, "max_leaf_nodes", None),
        (
            make_pipeline(StandardScaler(), KNeighborsRegressor(7)),
            "kneighborsregressor__n_neighbors",
            7,
        ),
        (LogisticRegression(C=0.5), "C", 0.5),
        (Ridge(alpha=2.0), "alpha", 2.0),
        (genlab.estimators.MLPClassifier(hidden=(8, 4)), "hidden", 6),
        (MLP((8, 8)), "hidden", 8),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_capacity_of_usual_models_is_known(model, parameter, own):
    axis = axis_of(model, 500)
    assert (axis.parameter, axis.own) == (parameter, own)
    assert len(axis.values) >= 3
    for value in axis.values[:2]:
        again = axis_of(axis.made(value), 500)
        assert again.own == value
    numbers = np.array(axis.values, dtype=float)
    assert (np.diff(numbers) > 0).all() if axis.increasing else (np.diff(numbers) < 0).all()


def test_a_model_without_a_known_capacity_says_how_to_name_one():
    with Store("sqlite://") as store:
        found = genlab.diagnose(Moody(1000), DATA.without_test(), effort=1, store=store)
    assert axis_of(Logistic(), 100) is None
    assert "capacity={" in found.part("capacity").skipped


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"capacity": {"leaves": [1, 2, 3]}}, "`capacity` must name a parameter of Decision"),
        ({"capacity": {"max_depth": [1, 2]}}, "at least 3 different values of max_depth"),
        ({"capacity": {"max_depth": [1, 2], "ccp_alpha": [1]}}, "one parameter and its values"),
        ({"capacity": {"max_depth": 3}}, "`capacity` must have a list of values of max_depth"),
        ({"minutes": 0}, "`minutes` must be a number > 0"),
        ({"effort": 6}, "`effort` must be an integer from 1 to 5"),
        ({"seed": -1}, "`seed` must be"),
        ({"recipe": Recipe.adam()}, "`recipe` must be None for an estimator"),
    ],
)
def test_bad_input_is_told_in_a_sentence(options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        genlab.diagnose(TREE, DATA, **options)


def test_too_little_data_or_another_thing_is_told_in_a_sentence():
    with pytest.raises(TypeError, match="`data` must be a Dataset"):
        genlab.diagnose(TREE, X)
    with pytest.raises(ValueError, match="at least 5 training examples"):
        genlab.diagnose(TREE, DATA.subset(4).without_test(), store="sqlite://")
    with pytest.raises((TypeError, ValueError), match="model"):
        genlab.diagnose(Ridge(), DATA)
    same = Dataset(X, np.full(600, 2.0), X[:0], np.zeros(0), task="regression")
    with pytest.raises(
        ValueError, match="at least two different targets, got the same target in all 600"
    ):
        genlab.diagnose(Ridge(), same)


def test_a_diagnosis_is_json_frames_and_words(diagnosed):
    found = diagnosed[0]
    text = json.dumps(found.to_dict(), default=lambda value: math.nan)
    assert json.loads(text)["model"] == "DecisionTreeClassifier"
    assert len(found.to_frame()) == 3
    assert list(found.to_frame("advice")["kind"]) == [one.kind for one in found.advice]
    with pytest.raises(ValueError, match="`table` must be one of advice"):
        found.to_frame("nothing")
    with pytest.raises(ValueError, match="`name` must be one of how well"):
        found.part("nothing")
    assert found.part("why").question in str(found)
    assert "<ol>" in found._repr_html_()


def test_rows_are_those_of_the_table(tmp_path):
    path = tmp_path / "mine.csv"
    wrong = NOISY.copy()
    clear = np.flatnonzero(np.abs(X[:, 0]) > 1.6)[:12]
    wrong[:] = X[:, 0] > 0
    wrong[clear] = 1 - wrong[clear]
    lines = [",".join(f"{value:.4f}" for value in row) for row in X]
    text = "\n".join(["a,b,c,d,y", *(f"{line},{y}" for line, y in zip(lines, wrong, strict=True))])
    path.write_text(text)
    data = genlab.datasets.load_table(path, target="y")
    np.testing.assert_array_equal(data.y_train, wrong[data.rows])
    with Store("sqlite://") as store:
        found = genlab.diagnose(LogisticRegression(), data, effort=2, store=store)
    suspects = {row["row"] for row in found.tables["suspects"]}
    assert suspects
    assert suspects <= set(clear)
