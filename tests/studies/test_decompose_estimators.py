"""Parts of the loss of any model: brute force, kept fits, out of bag, failures, refusals."""

import json
import os

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sweep.fitted import AGAIN, Nearest, Plain, fits
from sweep.here import no_workers

import genlab
from genlab import FailedFitsError, FailedFitsWarning
from genlab.charts import loss_parts_table
from genlab.datasets import (
    Dataset,
    DataSpec,
    load_table,
    make_mnist1d,
    make_toy_regression,
    resample_mnist1d,
    sample_rows,
    sampled_part,
)
from genlab.measure import absolute_error_parts, squared_error_parts
from genlab.models import HingeRegression, Logistic
from genlab.studies import decompose
from genlab.studies._samples import fit_seeds
from genlab.sweep import Store
from genlab.training import Recipe

RANDOM = np.random.default_rng(5)
X = RANDOM.standard_normal((140, 3))
Y = (X[:, 0] + 0.8 * RANDOM.standard_normal(140) > 0).astype(int) + (X[:, 1] > 1)
DATA = Dataset(X[:100], Y[:100], X[100:], Y[100:])
ALONE = Dataset(X[:100], Y[:100], X[:0], Y[:0])
NUMBERS = load_table(tuple(part[:100] for part in load_diabetes(return_X_y=True)), test=0)
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
N = 12


@pytest.fixture(autouse=True, scope="module")
def _no_workers():
    with no_workers():
        yield


def fitted(estimator, data, sampling, n, n_datasets):
    """Predictions and probabilities of each fit for the test rows, in a plain loop."""
    both = []
    for i in range(n_datasets):
        rows, _ = sample_rows(data, sampling, n, i)
        model = estimator.fit(data.x_train[rows], data.y_train[rows])
        both.append((model.predict(data.x_test), model.predict_proba(data.x_test)))
    return (np.array(part) for part in zip(*both, strict=True))


def plain_parts(loss, labels, probabilities, y, n_classes=3):
    """Mean variance and mean loss, by plain NumPy."""
    d = len(labels)
    true = np.eye(n_classes)[y]
    if loss == "zero_one":
        votes = np.array([[(row == c).sum() for c in range(n_classes)] for row in labels.T])
        return (labels != y).mean() - (votes.argmax(axis=1) != y).mean(), (labels != y).mean()
    if loss == "kohavi_wolpert":
        shares = np.array([[(row == c).mean() for c in range(n_classes)] for row in labels.T])
        variance = 0.5 * (1 - (shares**2).sum(axis=1)) * d / (d - 1)
        return variance.mean(), (labels != y).mean()
    if loss == "brier":
        variance = probabilities.var(axis=0, ddof=1).sum(axis=1).mean()
        return variance, ((probabilities - true) ** 2).sum(axis=2).mean()
    losses = -np.log((probabilities * true).sum(axis=2))

    def divergence(p):
        centre = np.exp(np.log(p).mean(axis=0))
        centre /= centre.sum(axis=1, keepdims=True)
        return (centre * (np.log(centre) - np.log(p))).sum(axis=2).mean(axis=0)

    without = [divergence(np.delete(probabilities, i, axis=0)) for i in range(d)]
    jackknife = d * divergence(probabilities) - (d - 1) * np.mean(without, axis=0)
    return jackknife.mean(), losses.mean()


@pytest.mark.parametrize("loss", ["zero_one", "kohavi_wolpert", "brier", "cross_entropy"])
@pytest.mark.parametrize(
    ("sampling", "n", "n_datasets", "fraction"),
    [("bootstrap", 100, N, None), ("subsamples", 60, N, 0.6), ("disjoint", 25, 4, None)],
)
def test_parts_of_a_classifier_are_those_of_a_plain_loop(loss, sampling, n, n_datasets, fraction):
    estimator = GaussianNB(var_smoothing=0.5)
    labels, probabilities = fitted(estimator, DATA, sampling, n, n_datasets)
    parts = decompose(
        GaussianNB(var_smoothing=0.5),
        DATA,
        n_datasets,
        loss=loss,
        sampling=sampling,
        fraction=fraction,
    )
    variance, mean_loss = plain_parts(loss, labels, probabilities, DATA.y_test)
    assert parts.average.loss.mean == pytest.approx(mean_loss, abs=1e-12)
    assert parts.average.terms["variance"].mean == pytest.approx(variance, abs=1e-12)
    for each in (parts.average, parts.at_rows):
        total = sum(term.mean for term in each.terms.values())
        assert np.abs(total - each.loss.mean).max() < 1e-12
    assert parts.n_train == n
    assert parts.rows == "test"
    assert any(sampling[:5] in note.lower() for note in parts.notes)
    assert any("noise cannot be separated from bias" in note for note in parts.notes)


def test_out_of_bag_a_row_counts_the_fits_that_did_not_see_it():
    parts = decompose(KNeighborsRegressor(3), NUMBERS, N, seed=4)
    assert (parts.rows, parts.loss, parts.sampling) == ("out_of_bag", "squared", "bootstrap")
    seen = np.full((N, 100), np.nan)
    for i in range(N):
        rows, others = sample_rows(NUMBERS, "bootstrap", 100, i, seed=4)
        model = KNeighborsRegressor(3).fit(NUMBERS.x_train[rows], NUMBERS.y_train[rows])
        seen[i, others] = model.predict(NUMBERS.x_train[others])
        assert not set(rows) & set(others)
    assert np.array_equal(parts.predicted, ~np.isnan(seen))
    several = parts.predicted.sum(axis=0) >= 2
    losses = np.nanmean((seen - NUMBERS.y_train)[:, several] ** 2, axis=0)
    variances = np.nanvar(seen[:, several], axis=0, ddof=1)
    assert parts.at_rows.loss.mean[several] == pytest.approx(losses, rel=1e-12)
    assert parts.at_rows.terms["variance"].mean[several] == pytest.approx(variances, rel=1e-10)
    assert parts.average.loss.mean == pytest.approx(losses.mean(), rel=1e-12)
    assert parts.average.n_rows == several.sum()


def test_absolute_error_is_that_of_the_same_predictions():
    parts = decompose(DecisionTreeRegressor(max_depth=2), NUMBERS, N, loss="absolute")
    _, average = absolute_error_parts(parts.predictions, NUMBERS.y_train, predicted=parts.predicted)
    assert parts.average.loss.mean == average.loss.mean
    assert parts.average.terms["bias_and_noise"].mean == average.terms["bias_and_noise"].mean


def test_a_known_function_tells_noise_from_bias():
    """The same data sets as those of a hinge regression in closed form."""
    problem = make_toy_regression(noise=0.2)
    places = np.array([0.1, 0.5, 0.8])
    parts = decompose(LinearRegression(), problem, 20, inputs=places, seed=3)
    samples = problem.fresh(20, seed=3)
    predictions = np.array(
        [np.polyval(np.polyfit(x, y, 1), places) for x, y in zip(samples.x, samples.y, strict=True)]
    )
    at_inputs, average = squared_error_parts(predictions, problem.truth(places), 0.2)
    assert list(parts.average.terms) == ["noise", "bias_squared", "variance"]
    for name in parts.average.terms:
        mean = getattr(average, name).mean
        assert parts.average.terms[name].mean == pytest.approx(mean, rel=1e-9)
        each = np.broadcast_to(getattr(at_inputs, name).mean, (3,))
        assert parts.at_rows.terms[name].mean == pytest.approx(each, rel=1e-9)
    assert parts.average.loss.mean == pytest.approx(average.error.mean, rel=1e-12)


def test_fresh_data_of_a_generator_have_one_test_set():
    data = resample_mnist1d(n_train=40, n_test=60)
    parts = decompose(TREE, data, 3, sampling="fresh")
    assert np.array_equal(parts.truth, data.y_test)
    assert np.unique(parts.predictions, axis=0).shape == (3, 60)
    other = decompose(TREE, DataSpec("mnist1d", make_mnist1d(n_samples=50).spec.arguments), 3,
                      sampling="fresh")  # fmt: skip
    assert other.average.n_rows == 40
    assert any("one more data set" in note for note in other.notes)


def test_a_genlab_model_is_decomposed_and_its_probabilities_add_up():
    data = make_mnist1d(n_samples=50)
    recipe = Recipe.sgd(steps=3)
    brier, votes = (
        decompose(Logistic(), data, 3, recipe=recipe, loss=loss) for loss in ("brier", "zero_one")
    )
    assert brier.predictions.shape == (3, 10, 10)
    assert brier.predictions.sum(axis=2) == pytest.approx(1, abs=1e-12)
    assert np.array_equal(brier.predictions.argmax(axis=2), votes.predictions)
    assert brier.model == "Logistic"


def test_networks_of_the_squared_loss_have_the_probabilities_of_their_saved_models():
    """Their outputs are estimates of probabilities themselves: no softmax."""
    recipe = Recipe.sgd(0.05, steps=20, batch_size=20, loss="squared")
    parts = decompose(Logistic(), DATA, 2, sampling="disjoint", recipe=recipe, loss="brier")
    modules = [
        genlab.train(
            Logistic(), sampled_part(DATA.spec, "disjoint", 50, i), recipe, seeds=(seed,)
        ).modules[0]
        for i, seed in enumerate(fit_seeds(2, 0))
    ]
    for module, found in zip(modules, parts.predictions, strict=True):
        raw = np.array([module(x) for x in DATA.x_test.astype(np.float32)], float)
        positive = np.maximum(raw, 0)
        positive[positive.sum(axis=1) == 0] = 1
        expected = positive / positive.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_second_call_fits_nothing_and_a_stopped_one_goes_on(tmp_path):
    class StoppedError(Exception):
        pass

    def stop(progress):
        if progress.cells_done >= 5:
            raise StoppedError

    with Store(tmp_path / "s.db") as store:
        with pytest.raises(StoppedError):
            decompose(Nearest(folder=str(tmp_path)), DATA, N, store=store, progress=stop)
        first = decompose(Nearest(folder=str(tmp_path)), DATA, N, store=store)
        assert fits(tmp_path) == N + AGAIN
        again = decompose(Nearest(folder=str(tmp_path)), DATA, N, store=store)
        assert fits(tmp_path) == N + AGAIN
    assert first.to_frame().equals(again.to_frame())


def test_two_workers_change_no_bit(tmp_path):
    from genlab.sweep import LocalExecutor

    here = decompose(Nearest(), ALONE, 6, store=tmp_path / "here.db")
    with LocalExecutor(2) as workers:
        there = decompose(
            Nearest(folder=str(tmp_path)), ALONE, 6, store=tmp_path / "there.db", jobs=workers
        )
    assert fits(tmp_path) == 6 + AGAIN
    assert not (tmp_path / f"fits-{os.getpid()}").exists()
    assert there.to_frame().equals(here.to_frame())


def test_each_fit_makes_random_choices_of_its_own():
    parts = decompose(Plain(draws=True), ALONE, 30, sampling="subsamples", fraction=0.99)
    assert len(np.unique(parts.predictions.max(axis=1))) > 1
    again = decompose(Plain(draws=True), ALONE, 30, sampling="subsamples", fraction=0.99)
    assert np.array_equal(parts.predictions, again.predictions)


def test_a_fit_that_fails_is_counted_and_left_out():
    y = np.zeros(60, int)
    y[:3] = 1
    data = Dataset(X[:60], y, X[60:80], np.resize([0, 1], 20))
    without = [i for i in range(30) if not y[sample_rows(data, "bootstrap", 60, i)[0]].any()]
    with pytest.warns(FailedFitsWarning, match=f"{len(without)} of 30 fits failed and are left"):
        parts = decompose(LogisticRegression(), data, 30)
    assert [i for i, sentence in enumerate(parts.failed) if sentence] == without
    assert parts.n_failed == len(without) > 0
    assert len(parts.predictions) == 30 - len(without)
    assert any("ValueError" in note for note in parts.notes)


@pytest.mark.parametrize(("predicts", "message"), [("half", "20"), ("nan", "nan")])
def test_wrong_predictions_are_failed_fits(predicts, message):
    with pytest.raises(FailedFitsError, match=f"all 3 fits failed; the first: .*{message}"):
        decompose(Nearest(predicts=predicts), DATA, 3)


def test_a_network_that_diverges_is_left_out(monkeypatch):
    from genlab.studies import _decompose

    class Diverged:
        diverged_at = 3

    data = make_mnist1d(n_samples=50)
    run = _decompose.run_fits
    monkeypatch.setattr(_decompose, "run_fits", lambda *a, **k: [Diverged(), *run(*a, **k)[1:]])
    parts = decompose(Logistic(), data, 3, recipe=Recipe.sgd(steps=3))
    assert parts.failed == ("training diverged", "", "")
    assert "1 of 3 fits failed and are left out; the first: training diverged." in parts.notes


def test_frame_chart_and_page_hold_the_parts():
    parts = decompose(TREE, DATA, N)
    frame = parts.to_frame()
    assert len(frame) == 5 * 41
    average = frame[frame["row"].isna()].set_index("part")
    assert average.loc["loss", "estimate"] == parts.average.loss.mean
    terms = average[average["kind"] == "term"]
    assert terms["estimate"].sum() == pytest.approx(average.loc["loss", "estimate"], abs=1e-12)
    at = frame[(frame["row"] == 7) & (frame["part"] == "variance")].iloc[0]
    assert at["high"] == parts.at_rows.terms["variance"].high[7]
    spec = parts.chart().to_dict()
    shown = [row for row in parts.averages() if row["kind"] != "detail"]
    assert spec["data"]["values"] == loss_parts_table(shown)
    assert "12 fits to bootstrap samples of 100 examples" in json.dumps(spec)
    page = parts._repr_html_()
    assert "bias and noise" in page
    assert "not fresh data sets" in page


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": 3}, TypeError, "`model` must be an estimator with `fit` and `predict`, got 3"),
        ({"problem": [1]}, TypeError, "`problem` must be a Dataset"),
        ({"n_datasets": 1}, ValueError, "`n_datasets` must be an integer >= 2, got 1"),
        ({"loss": "squared"}, ValueError, "`loss` must be one of 'zero_one', .* got 'squared'"),
        ({"model": LinearSVC(), "loss": "brier"}, ValueError, "`model` must have `predict_proba`"),
        ({"sampling": "jackknife"}, ValueError, "`sampling` must be one of 'fresh', 'boot"),
        ({"sampling": "fresh"}, ValueError, "`sampling` must not be 'fresh' for data without a"),
        (
            {"problem": sampled_part(DATA.spec, "subsamples", 50, 0), "sampling": "fresh"},
            ValueError,
            "`sampling` must not be 'fresh' for data without a",
        ),
        (
            {"problem": DataSpec("studies.pool:half", {"seed": 0}), "sampling": "fresh"},
            ValueError,
            "`sampling` must not be 'fresh' for a generator whose seeds give the same examples",
        ),
        (
            {
                "model": LinearRegression(),
                "problem": make_toy_regression(),
                "inputs": "abc",
            },
            ValueError,
            "`inputs` must hold numbers, got 'abc'",
        ),
        (
            {"sampling": "disjoint", "n_datasets": 101},
            ValueError,
            "`n_datasets` must be at most the 100 training examples for disjoint parts, got 101",
        ),
        ({"rows": "all"}, ValueError, "`rows` must be one of 'test', 'out_of_bag', got 'all'"),
        ({"problem": ALONE, "rows": "test"}, ValueError, "`rows` must be 'out_of_bag' or None"),
        ({"fraction": 0.5}, ValueError, "`fraction` must be None for 'bootstrap' samples, got 0.5"),
        ({"sampling": "subsamples", "fraction": 1}, ValueError, "`fraction` must give from 1 to"),
        ({"inputs": [0.5]}, ValueError, "`inputs` must be None but for a toy regression"),
        ({"seed": -1}, ValueError, "`seed` must be an integer from 0"),
        ({"recipe": Recipe.sgd()}, ValueError, "`recipe` must be None for an estimator"),
        ({"model": LinearRegression()}, ValueError, "`model` must be a classifier"),
        ({"model": HingeRegression(2)}, TypeError, "`problem` must be made by make_toy_regression"),
        (
            {"model": HingeRegression(2), "loss": "absolute"},
            ValueError,
            "`loss` must be None for a HingeRegression",
        ),
    ],
)
def test_bad_arguments(arguments, error, message):
    arguments = {"model": TREE, "problem": DATA, "n_datasets": 4, **arguments}
    with pytest.raises(error, match=message):
        genlab.decompose(**arguments)
    problem = make_toy_regression(function=lambda x: x)
    with pytest.raises(ValueError, match="`problem` must be what other processes can import"):
        decompose(LinearRegression(), problem)


def test_probabilities_that_are_none_are_said_to_be():
    with pytest.raises(FailedFitsError, match="probabilities must be from 0 to 1, got 80 below 0"):
        decompose(NoProbabilities(), DATA, 2, loss="brier")


class NoProbabilities(Nearest):
    def predict_proba(self, x):
        return np.full((len(x), 2), np.nan)
