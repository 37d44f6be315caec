"""A sealed test set of a regression: the same rules, and the measures of numbers."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import genlab
from genlab import Recipe, SealedError, seal
from genlab.datasets import Dataset
from genlab.models import MLP
from genlab.sealing import sealed_openings
from genlab.sweep import Store

MEASURES = {
    "r_squared": r2_score,
    "root_mean_squared_error": root_mean_squared_error,
    "mean_absolute_error": mean_absolute_error,
}


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "s.db") as made:
        yield made


@pytest.fixture(scope="module")
def data():
    stream = np.random.default_rng(0)
    x = stream.normal(size=(100, 3))
    y = 50 + 10 * x @ [1.0, -2.0, 0.5] + stream.normal(0, 5, 100)
    return Dataset(x[:60], y[:60], x[60:], y[60:], task="regression")


@pytest.fixture(scope="module")
def fitted(data):
    return make_pipeline(StandardScaler(), LinearRegression()).fit(data.x_train, data.y_train)


def test_the_measures_are_scikit_learns(data, fitted, store):
    opening = seal(data, store)[1].open(fitted, reason="linear")
    predicted = fitted.predict(data.x_test)
    for row in opening.rows():
        assert row["value"] == pytest.approx(MEASURES[row["measure"]](data.y_test, predicted))
        assert row["low"] < row["value"] < row["high"]
    assert [row["measure"] for row in opening.rows()] == list(MEASURES)
    assert opening.task == "regression"
    assert opening.error == pytest.approx(1 - r2_score(data.y_test, predicted))
    assert (opening.n_wrong, opening.loss, opening.notes) == (None, None, ())
    assert str(opening).startswith(f"R² {r2_score(data.y_test, predicted):.3g} [")
    assert "r_squared" in opening._repr_html_()


def test_intervals_widen_with_every_opening(data, fitted, store):
    _, sealed = seal(data, store)
    sealed.open(fitted, reason="first")
    again = sealed.reopen(fitted, reason="second")
    first, second = sealed_openings(store)
    assert second.row() == again.row()
    absolute = np.abs(fitted.predict(data.x_test) - data.y_test)
    # Student's t of the mean's logarithm, at the confidence 1 − 0.05 / 2.
    spread = absolute.std(ddof=1) / math.sqrt(len(absolute)) / absolute.mean()
    factor = math.exp(stats.t.ppf(1 - 0.05 / 4, len(absolute) - 1) * spread)
    for opening in (first, second):
        row = opening.row()
        assert row["mean_absolute_error_high"] == pytest.approx(absolute.mean() * factor)
        assert row["mean_absolute_error_low"] == pytest.approx(absolute.mean() / factor)
        assert opening.sentence.endswith("opened 2 times: intervals widened")
    for _ in range(9):
        last = sealed.reopen(fitted, reason="once more")
    assert last.notes[-1] == "There are no intervals for more than 10 openings."
    assert math.isnan(last.measure("r_squared").low)
    assert last.row()["r_squared"] == first.row()["r_squared"]


def test_every_kind_of_model_of_numbers_opens_it(data, store):
    development, sealed = seal(data, store)
    run = genlab.train(MLP(hidden=(4,)), development, Recipe.adam(0.05, steps=100, batch_size=20))
    opening = sealed.open(run, reason="a run")
    saved = genlab.training.SavedModel.of_data(
        development, run.model, run.modules[0], run.recipe, 0, target_scale=run.target_scale
    )
    expected = root_mean_squared_error(data.y_test, saved.predict(data.x_test))
    assert opening.row()["root_mean_squared_error"] == pytest.approx(expected)
    assert sealed.reopen(saved, reason="saved").row()["error"] == opening.row()["error"]

    class Column:
        """Answers targets of one column, as scikit-learn does."""

        def predict(self, x):
            return saved.predict(x)[:, None]

    assert sealed.reopen(Column(), reason="a column").row()["error"] == opening.row()["error"]


def test_targets_are_part_of_the_content(data, fitted, store):
    seal(data, store)[1].open(fitted, reason="first")
    moved = Dataset(
        data.x_train, data.y_train, data.x_test, data.y_test * (1 + 1e-12), task="regression"
    )
    order = np.random.default_rng(1).permutation(data.n_test)
    shuffled = Dataset(
        data.x_train, data.y_train, data.x_test[order], data.y_test[order], task="regression"
    )
    for same in (moved, shuffled):
        with pytest.raises(SealedError, match=r"R² 0\.\d+ \["):
            seal(same, store)[1].open(fitted, reason="second")
    other = Dataset(data.x_train, data.y_train, data.x_test, data.y_test + 1, task="regression")
    assert seal(other, store)[1].openings == ()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (np.full((2, 2), 1.0), r"must predict one number per example, 20 in all, got shape"),
        (np.array(["a"]), "must predict numbers, got values of type"),
        (np.array([np.nan]), "must predict finite numbers, got 20 that are not"),
    ],
)
def test_what_is_no_number_opens_nothing(data, store, answers, sentence):
    class Fixed:
        def predict(self, x):
            return np.resize(answers, (len(x), *answers.shape[1:]))

    _, sealed = seal(data, store)
    with pytest.raises((TypeError, ValueError), match=sentence):
        sealed.open(Fixed(), reason="no numbers")
    assert sealed.openings == ()


def test_a_classifier_and_a_regressor_are_told_apart(data, fitted, small_data, store):
    _, sealed = seal(data, store)
    classifier = LogisticRegression().fit(data.x_train, data.y_train > 50)
    with pytest.raises(ValueError, match=r"`model` must be a regressor .* got LogisticRegression"):
        sealed.open(classifier, reason="of classes")
    run = genlab.train(MLP(hidden=(4,)), small_data.without_test(), Recipe.adam(steps=1))
    with pytest.raises(ValueError, match=r"`model` must be a regressor, got a classification"):
        sealed.open(run, reason="of classes")
    with pytest.raises(ValueError, match=r"`model` must be a classifier .* got Pipeline"):
        seal(small_data, store)[1].open(fitted, reason="of numbers")
    assert sealed.openings == ()


def test_a_single_test_example_has_no_interval_and_no_spread(data, fitted, store):
    one = Dataset(data.x_train, data.y_train, data.x_test[:1], data.y_test[:1], task="regression")
    opening = seal(one, store)[1].open(fitted, reason="one example")
    assert opening.error is None
    assert opening.row()["r_squared"] is None
    error = opening.row()["mean_absolute_error"]
    assert opening.sentence == f"mean absolute error {error:.3g} on 1 examples, opened once"
