"""Capacity curves: the same numbers as training one by one, kept and resumed."""

from dataclasses import replace

import numpy as np
import pytest
from sweep.here import no_workers

import genlab
from genlab.datasets import Dataset, LabelNoise, make_mnist1d
from genlab.models import MLP
from genlab.studies import capacity_curve, capacity_runs
from genlab.sweep import Store
from genlab.training import CURVES, Recipe, train

DATA = make_mnist1d(n_samples=500)
RECIPE = Recipe.adam(0.01, batch_size=None, steps=40, evaluate_every=40)


@pytest.fixture(autouse=True, scope="module")
def _no_workers():
    with no_workers():
        yield


def model(width):
    return MLP(hidden=(width, width))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store(tmp_path_factory.mktemp("curve") / "s.db") as opened:
        yield opened


@pytest.fixture(scope="module")
def curve(store):
    return capacity_curve(model, [12, 3], DATA, RECIPE, range(2), label_noise=0.2, store=store)


def test_its_rows_are_those_of_training_alone(curve):
    frame = curve.to_frame()
    assert frame["capacity"].tolist() == [3, 3, 12, 12]
    for width in (3, 12):
        run = train(model(width), DATA, RECIPE, range(2), label_noise=0.2)
        of_width = frame[frame["capacity"] == width]
        for name in CURVES:
            assert of_width[name].tolist() == getattr(run, name)[:, -1].tolist()
    assert frame["n_parameters"].tolist() == [175, 175, 778, 778]
    assert set(frame["label_noise"]) == {0.2}
    assert set(frame["step"]) == {40}


def test_more_capacities_take_the_others_from_the_store(store, curve, monkeypatch):
    started = []

    class Watched(Store):
        def put_all(self, results, **options):
            started.extend(cell for cell, *_ in results)
            super().put_all(results, **options)

    with Watched(store.url) as opened:
        more = capacity_curve(
            model, [3, 5, 12], DATA, RECIPE, range(2), label_noise=0.2, store=opened
        )
    assert {cell.model.hidden for cell in started} == {(5, 5)}
    assert [row for row in more.rows() if row["capacity"] != 5] == curve.rows()


def test_bands_and_landmarks(curve):
    bands = {(row["curve"], row["capacity"]): row for row in curve.bands()}
    for row in bands.values():
        values = [r[row["curve"]] for r in curve.rows() if r["capacity"] == row["capacity"]]
        n = DATA.n_train if row["curve"] == "train_error" else DATA.n_test
        if row["curve"].endswith("loss"):
            interval = genlab.measure.loss_interval(values)
        else:
            interval = genlab.measure.error_interval(values, n)
        assert (row["estimate"], row["low"], row["high"]) == tuple(
            map(float, (interval.mean, interval.low, interval.high))
        )
    assert np.isnan(curve.threshold.capacity.mean)
    assert curve.extremes.peak.capacity in (3.0, 12.0)
    assert curve.chart().to_dict()["layer"]
    assert "<table" in curve._repr_html_()
    assert repr(curve) == "CapacityCurve(4 networks, capacities 3 to 12)"


def with_ends(curve, train_error, test_error):
    """The curve with other errors at the last step, one pair of errors per network."""
    results = [
        replace(
            result,
            train_error=np.array([0.9, train]),
            test_error=np.array([0.9, test]),
            train_loss=np.array([2.0, train + 0.1]),
            test_loss=np.array([2.0, test + 0.1]),
        )
        for result, train, test in zip(curve.results, train_error, test_error, strict=True)
    ]
    return replace(curve, results=tuple(results))


def test_bounds_equal_seeds_and_diverged_networks(curve):
    nan = np.nan
    fitted = with_ends(curve, [0.3, 0.2, 0.0, 0.0], [0.5, 0.5, 0.4, 0.4])
    bands = {(row["curve"], row["capacity"]): row for row in fitted.bands()}
    equal = bands["train_error", 12]
    assert (equal["estimate"], equal["low"]) == (0, 0)
    assert 0 < equal["high"] < 0.03
    assert bands["test_error", 12]["low"] < 0.4 < bands["test_error", 12]["high"]
    assert (fitted.threshold.none_below, fitted.threshold.all_from) == (3, 12)
    assert not fitted.peak.found

    alone = with_ends(curve, [nan, nan, 0.0, nan], [nan, nan, 0.4, nan])
    bands = {(row["curve"], row["capacity"]): row for row in alone.bands()}
    assert bands["test_error", 3]["n_fits"] == 0
    assert np.isnan(bands["test_error", 3]["estimate"])
    assert bands["test_error", 12]["n_fits"] == 1
    assert np.isnan(bands["test_error", 12]["high"])
    assert alone.extremes.peak.capacity == 12
    assert alone.threshold.seeds == 1


def test_fits_end_at_the_weights_that_are_kept(curve):
    """With early stopping the last step is not the one whose weights are kept."""
    kept = [replace(one, kept=0, diverged_at=-1) for one in curve.results]
    gone = [replace(kept[0], diverged_at=1), *kept[1:]]
    for name in ("train_error", "test_loss"):
        first = [float(getattr(one, name)[0]) for one in curve.results]
        assert np.concatenate(replace(curve, results=tuple(kept)).values(name)).tolist() == first
        assert np.concatenate(replace(curve, results=tuple(gone)).values(name)).size == (
            len(first) - 1
        )
    assert {row["step"] for row in replace(curve, results=tuple(kept)).rows()} == {0}


def test_without_a_threshold_the_first_minimum_lies_where_no_seed_fits(curve):
    """One of two seeds fits at 12: the lowest error there is no first minimum."""
    part = with_ends(curve, [0.3, 0.2, 0.0, 0.2], [0.5, 0.5, 0.4, 0.4])
    assert np.isnan(part.threshold.capacity.mean)
    assert (part.threshold.crossing, part.threshold.seeds) == (1, 2)
    assert part.extremes.first_minimum.capacity == 3
    assert 0 <= part.extremes.peak.value.low < 0.5 < part.extremes.peak.value.high


def test_seeds_may_depend_on_the_capacity():
    runs = capacity_runs(
        model, [2, 4], DATA, RECIPE, lambda width: range(6 // width), label_noise=LabelNoise(0.1)
    )
    assert [(run.capacity, run.cell.seed) for run in runs] == [(2, 0), (2, 1), (2, 2), (4, 0)]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"capacities": []}, ValueError, "`capacities` must be distinct and at least one"),
        ({"capacities": [2, 2]}, ValueError, "`capacities` must be distinct"),
        ({"capacities": [0]}, ValueError, "`capacities` must be an integer >= 1, got 0"),
        ({"seeds": []}, ValueError, "`seeds` must hold at least one seed, got none at 2"),
        ({"label_noise": 1.5}, ValueError, "`label_noise` must be a number from 0 to 1"),
        (
            {"model_of_capacity": lambda h: h},
            TypeError,
            "`model_of_capacity` must return a model spec, got 2",
        ),
    ],
)
def test_bad_arguments(store, arguments, error, message):
    given = {
        "model_of_capacity": model, "capacities": [2], "data": DATA, "recipe": RECIPE, **arguments
    }  # fmt: skip
    with pytest.raises(error, match=message):
        capacity_curve(**given, store=store)


def test_data_of_ones_own_give_the_same_and_are_kept(tmp_path, curve, monkeypatch):
    own = Dataset(DATA.x_train, DATA.y_train, DATA.x_test, DATA.y_test)
    options = {"label_noise": 0.2, "store": tmp_path / "s.db"}
    ours = capacity_curve(model, [12, 3], own, RECIPE, range(2), **options, jobs=2)
    for mine, generated in zip(ours.rows(), curve.rows(), strict=True):
        assert mine == generated | {"dataset": "content"}
    monkeypatch.setattr("genlab.sweep.executors._processes._start_worker", None)
    again = Dataset(DATA.x_train, DATA.y_train, DATA.x_test, DATA.y_test)
    assert capacity_curve(model, [3, 12], again, RECIPE, range(2), **options).rows() == ours.rows()


def test_a_store_may_be_a_path_or_a_url(tmp_path, curve):
    """As for `select`: the same numbers, and the second call takes them from the file."""
    expected = curve.to_frame()
    expected = expected[expected["capacity"] == 3].reset_index(drop=True)
    for store in (str(tmp_path / "s.db"), f"sqlite:///{tmp_path / 's.db'}", tmp_path / "s.db"):
        seen = []
        again = capacity_curve(
            model, [3], DATA, RECIPE, range(2), label_noise=0.2, store=store, progress=seen.append
        )
        assert again.to_frame().equals(expected)
        assert (seen[0].work > 0) == (store == str(tmp_path / "s.db"))
    with Store(tmp_path / "s.db") as opened:
        assert len(opened) == 2
