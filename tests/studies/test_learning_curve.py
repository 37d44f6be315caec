"""Learning curves: scikit-learn's scores to the last bit, kept, and forecast."""

import itertools

import numpy as np
import pytest
from sklearn import model_selection
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sweep.fitted import AGAIN, Nearest, Plain, fits
from sweep.here import no_workers

import genlab
from genlab import FailedFitsError, FailedFitsWarning
from genlab.datasets import Dataset, make_mnist1d
from genlab.measure import (
    cross_validated_interval,
    error_interval,
    evaluate_regression,
    fit_forecast,
    fit_power_law,
)
from genlab.models import Logistic
from genlab.studies import learning_curve
from genlab.training import Recipe, train

RANDOM = np.random.default_rng(3)
X = RANDOM.standard_normal((240, 4))
Y = (X[:, 0] + X[:, 1] ** 2 + 0.4 * RANDOM.standard_normal(240) > 0.5).astype(int)
DATA = Dataset(X[:160], Y[:160], X[160:], Y[160:])
ALONE = Dataset(X, Y, X[:0], Y[:0])
DIABETES = load_diabetes(return_X_y=True)
NUMBERS = Dataset(*DIABETES, DIABETES[0][:0], DIABETES[1][:0], task="regression")
TREE = DecisionTreeClassifier(max_depth=4)


@pytest.fixture(autouse=True, scope="module")
def _no_workers():
    with no_workers():
        yield


@pytest.mark.parametrize(
    ("cv", "scoring"),
    [
        (4, None),
        (model_selection.KFold(3, shuffle=True, random_state=0), "roc_auc"),
        (model_selection.ShuffleSplit(2, random_state=1), "neg_log_loss"),
        (
            [(np.arange(30, 230), np.arange(30)), (np.arange(199, -1, -1), np.arange(200, 240))],
            None,
        ),
    ],
    ids=["folds", "shuffled", "drawn", "pairs"],
)
def test_scores_are_those_of_scikit_learn_to_the_last_bit(cv, scoring):
    estimator = make_pipeline(StandardScaler(), LogisticRegression(C=0.5))
    sizes = [0.1, 0.35, 1.0]
    options = {"cv": cv, "scoring": scoring}
    n, train_scores, test_scores = model_selection.learning_curve(
        estimator, X, Y, train_sizes=sizes, **options
    )
    curve = learning_curve(estimator, ALONE, sizes=sizes, **options)
    assert curve.sizes == tuple(n)
    assert np.array_equal(curve.scores("train"), train_scores)
    assert np.array_equal(curve.scores(), test_scores)
    if scoring is None:
        assert pytest.approx(1 - test_scores, abs=1e-15) == curve.errors().T


def test_scores_of_a_regression_are_those_of_scikit_learn():
    tree = DecisionTreeRegressor(max_depth=3, random_state=0)
    sizes = [20, 100, 350]
    _, train_scores, test_scores = model_selection.learning_curve(
        tree, *DIABETES, train_sizes=sizes, cv=5
    )
    curve = learning_curve(tree, NUMBERS, sizes=sizes, cv=5)
    assert np.array_equal(curve.scores(), test_scores)
    assert np.array_equal(curve.scores("train"), train_scores)
    assert pytest.approx(1 - test_scores, abs=1e-14) == curve.errors().T
    for row in curve.bands()[3:]:
        i = sizes.index(row["n_train"])
        assert row["estimate"] == pytest.approx(1 - test_scores[i].mean())
        assert 0 < row["low"] < row["estimate"] < row["high"]
        assert (row["over"], row["n_fits"]) == ("splits", 5)


def test_each_seed_draws_growing_parts_of_the_training_examples():
    curve = learning_curve(TREE, DATA, sizes=[20, 40, 160], seeds=[4, 7])
    assert [(row["n_train"], row["seed"]) for row in curve.rows()] == list(
        itertools.product([20, 40, 160], [4, 7])
    )
    drawn = [fit.cell.data.make() for fit in curve.fits[:4]]
    assert [part.n_train for part in drawn] == [20, 20, 40, 40]
    for small, large in ((0, 2), (1, 3)):
        rows = {tuple(row) for row in drawn[small].x_train}
        assert rows <= {tuple(row) for row in drawn[large].x_train}
        counts = np.bincount(drawn[large].y_train)
        assert abs(counts[1] - 40 * DATA.y_train.mean()) <= 1
    assert not np.array_equal(drawn[0].x_train, drawn[1].x_train)
    for fit, result in zip(curve.fits, curve.results, strict=True):
        part = fit.cell.data.make()
        own = DecisionTreeClassifier(max_depth=4, random_state=fit.seed)
        predicted = own.fit(part.x_train, part.y_train).predict(DATA.x_test)
        assert result.test_error == (predicted != DATA.y_test).mean()
    bands = {(row["curve"], row["n_train"]): row for row in curve.bands()}
    interval = error_interval(curve.errors()[:, 1], DATA.n_test)
    row = bands["test_error", 40]
    assert (row["estimate"], row["low"], row["high"]) == (
        interval.mean, interval.low, interval.high
    )  # fmt: skip
    assert row["over"] == "seeds"


def test_without_a_test_set_each_seed_holds_out_a_fifth():
    curve = learning_curve(TREE, ALONE, sizes=[24, 96, 192], seeds=range(3))
    held_out = [fit.cell.data.make() for fit in curve.fits[-3:]]
    assert [(part.n_train, part.n_test) for part in held_out] == [(192, 48)] * 3
    assert len({part.x_test.tobytes() for part in held_out}) == 3
    interval = cross_validated_interval(curve.errors()[:, 2], 48, 192, 144)
    row = curve.bands()[-1]
    assert (row["low"], row["high"]) == (interval.low, interval.high)
    assert row["over"] == "splits"


def test_seeds_that_make_no_difference_leave_the_interval_over_examples():
    data = NUMBERS.divided(np.arange(300), np.arange(300, 442))
    curve = learning_curve(Ridge(), data, sizes=[300], seeds=range(3))
    test = curve.bands()[1]
    predicted = Ridge().fit(data.x_train, data.y_train).predict(data.x_test)
    measured = evaluate_regression(data.y_test, predicted).r_squared
    assert test["over"] == "examples"
    assert test["high"] == pytest.approx(1 - float(measured.low))
    train_row = curve.bands()[0]
    assert (train_row["over"], np.isnan(train_row["low"])) == ("", True)


def test_groups_stay_together():
    grouped = Dataset(X, Y, X[:0], Y[:0], groups=np.arange(240) // 8)
    for options in ({"cv": 4}, {"seeds": [1]}):
        curve = learning_curve(TREE, grouped, sizes=[50, 100], **options)
        for fit in curve.fits:
            part = fit.cell.data.make()
            tested = {tuple(row) for row in part.x_test}
            of_tested = {i // 8 for i, row in enumerate(X) if tuple(row) in tested}
            fitted = {tuple(row) for row in part.x_train}
            assert not of_tested & {i // 8 for i, row in enumerate(X) if tuple(row) in fitted}


def test_a_genlab_model_is_trained_on_each_part():
    data = make_mnist1d(n_samples=200)
    recipe = Recipe.adam(0.01, steps=20, batch_size=20, evaluate_every=20)
    curve = learning_curve(Logistic(), data, recipe, sizes=[40, 160], seeds=range(2))
    frame = curve.to_frame()
    own = train(Logistic(), data, recipe, range(2))
    assert frame["test_loss"].tolist()[2:] == pytest.approx(own.test_loss[:, -1].tolist())
    assert frame["test_error"].tolist()[2:] == own.test_error[:, -1].tolist()
    part = train(Logistic(), curve.fits[0].cell.data.make(), recipe, [0])
    assert frame["test_error"][0] == part.test_error[0, -1]
    assert set(frame["model"]) == {"Logistic"}
    with pytest.raises(ValueError, match="scores are those of an estimator"):
        curve.scores()


def test_a_second_call_fits_nothing_and_more_sizes_fit_these_alone(tmp_path):
    estimator = Nearest(folder=str(tmp_path))
    options = {"store": tmp_path / "s.db", "seeds": range(2)}
    curve = learning_curve(estimator, DATA, sizes=[20, 40], **options)
    assert fits(tmp_path) == 4 + AGAIN
    again = learning_curve(estimator, DATA, sizes=[20, 40], **options)
    assert fits(tmp_path) == 4 + AGAIN
    assert again.rows() == curve.rows()
    learning_curve(estimator, DATA, sizes=[20, 30, 40], **options)
    assert fits(tmp_path) == 6 + AGAIN


def test_fits_that_fail_are_counted_and_kept(tmp_path):
    estimator = Nearest(folder=str(tmp_path), fails_at=40)
    options = {"sizes": [20, 40], "seeds": range(3), "store": tmp_path / "s.db"}
    for _ in range(2):
        with pytest.warns(FailedFitsWarning, match=r"3 of 6 fits failed; their rows hold NaN; the "
                          r"first: ArithmeticError: no fit to 40 examples\.$"):  # fmt: skip
            curve = learning_curve(estimator, DATA, **options)
    assert fits(tmp_path) == 6 + AGAIN
    assert curve.to_frame()["failed"].str.len().gt(0).tolist() == [False] * 3 + [True] * 3
    row = curve.bands()[-1]
    assert (row["n_fits"], row["over"], np.isnan(row["estimate"])) == (0, "", True)
    with pytest.raises(FailedFitsError, match="all 6 fits failed; the first: ValueError: predicti"):
        learning_curve(Nearest(predicts="nan"), DATA, **options)
    with pytest.raises(FailedFitsError, match=r"one label per example, got \(40,\)"):
        learning_curve(Nearest(predicts="half"), DATA, **options)


def test_the_forecast_and_the_law_are_those_of_the_errors():
    curve = learning_curve(TREE, DATA, sizes=[20, 40, 80, 160], seeds=range(4))
    ahead = fit_forecast(curve.sizes, curve.errors(), at_most_1=True).at([320, 640])
    for row, i in zip(curve.forecast([320, 640]), range(2), strict=True):
        assert (row["estimate"], row["low"], row["high"]) == (
            ahead.mean[i], ahead.low[i], ahead.high[i]
        )  # fmt: skip
        assert 0 < row["low"] < row["estimate"] < row["high"] < 1
    assert curve.power_law().exponent.mean == (
        fit_power_law(curve.sizes, curve.errors()).exponent.mean
    )
    with pytest.raises(ValueError, match="`n` must be numbers of at least 160, the largest"):
        curve.forecast(100)
    layers = curve.chart(forecast=[320]).to_dict()["layer"]
    assert any(layer["mark"].get("strokeDash") for layer in layers)
    assert "<table" in curve._repr_html_()
    assert repr(curve) == (
        "LearningCurve(DecisionTreeClassifier, 16 fits, 20 to 160 training examples)"
    )


def test_default_sizes_and_an_estimator_of_no_base_class():
    curve = learning_curve(Plain(), DATA, seeds=[0, 1])
    assert curve.sizes == (10, 20, 40, 80, 160)
    assert set(curve.errors().ravel()) == {
        (DATA.y_test != np.bincount(DATA.y_train).argmax()).mean()
    }
    assert curve.to_frame()["model"].unique().tolist() == ["Plain"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"data": X}, TypeError, "`data` must be a Dataset .*load_table.* got ndarray"),
        ({"model": 3}, TypeError, "`model` must be an estimator with `fit` and `predict`, got 3"),
        ({"model": Ridge()}, ValueError, "`model` must be a classifier .* got Ridge, a regressor"),
        ({"model": Logistic()}, TypeError, "`recipe` must be a Recipe for a genlab model, got No"),
        ({"recipe": Recipe.sgd()}, ValueError, "`recipe` must be None for an estimator, got Recip"),
        ({"sizes": []}, TypeError, "`sizes` must be numbers, at least one, got"),
        ({"sizes": [0.5, 1.5]}, ValueError, "`sizes` must be whole numbers, or fractions above 0"),
        ({"sizes": [10, 161]}, ValueError, "`sizes` must be from 1 to the 160 training examples"),
        ({"seeds": [1, 1]}, ValueError, "`seeds` must be distinct and at least one, got"),
        ({"cv": 1}, ValueError, "`cv` must be an integer >= 2, got 1"),
        ({"cv": "folds"}, TypeError, "`cv` must be a number of folds, a scikit-learn splitter or"),
        (
            {"cv": 300},
            ValueError,
            "`cv` must split the 160 training examples, and StratifiedKFold does not: .*300",
        ),
        (
            {"cv": model_selection.KFold(3, shuffle=True)},
            ValueError,
            "`cv` must give the same splits each time.* whole number as `random_state`, got KFold",
        ),
        ({"cv": [([0, 1], [160])]}, ValueError, "`cv` must give rows from 0 to 159, got 160 in sp"),
        ({"scoring": "best"}, ValueError, "`scoring` must be the name of a scorer of scikit-learn"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        learning_curve(**{"model": TREE, "data": DATA, "sizes": [20, 40], **arguments})


def test_it_is_a_name_of_the_package():
    assert genlab.learning_curve is learning_curve
