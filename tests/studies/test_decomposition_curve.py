"""Decomposition curves: one set of fits for every loss, and groups that know the truth."""

import dataclasses

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

import genlab
from genlab.datasets import LabelNoise, corrupt_labels, make_toy_regression, resample_mnist1d
from genlab.measure import brier_parts, cross_entropy_parts, kohavi_wolpert_parts, zero_one_parts
from genlab.models import MLP
from genlab.studies import decompose, decomposition_curve, decomposition_runs
from genlab.sweep import Store
from genlab.training import Recipe

RECIPE = Recipe.adam(0.01, batch_size=None, steps=20, evaluate_every=20)
DATA = resample_mnist1d(n_train=60, n_test=40)
LOSSES = ("brier", "cross_entropy", "zero_one", "kohavi_wolpert")


@pytest.fixture(scope="module")
def store():
    with Store("sqlite://") as kept:
        yield kept


@pytest.fixture(scope="module")
def curve(store):
    """Six fits at each of two widths, with noisy labels."""
    return decomposition_curve(
        lambda h: MLP((h,)),
        [3, 6],
        DATA,
        6,
        losses=LOSSES,
        sampling="fresh",
        recipe=RECIPE,
        label_noise=0.5,
        n_groups=3,
        store=store,
        jobs=1,
    )


def test_one_set_of_fits_serves_every_loss(curve, store):
    cells = {cell.key for fits in curve.fits for cell in fits.cells}
    assert len(cells) == 2 * 6
    for loss in LOSSES:
        one = decompose(
            MLP((6,)),
            DATA,
            6,
            loss=loss,
            sampling="fresh",
            recipe=RECIPE,
            label_noise=0.5,
            store=store,
        )
        of_curve = curve.decompositions[loss][1]
        assert one.averages() == of_curve.averages()
        assert (one.predictions == of_curve.predictions).all()
    assert len(store.keys(cell for fits in curve.fits for cell in fits.cells)) == 12


@pytest.mark.parametrize(
    ("loss", "parts_of"),
    [
        ("brier", brier_parts),
        ("cross_entropy", cross_entropy_parts),
        ("zero_one", zero_one_parts),
        ("kohavi_wolpert", kohavi_wolpert_parts),
    ],
)
def test_the_terms_add_up_and_are_those_of_measure(curve, loss, parts_of):
    for place in range(2):
        found = curve.decompositions[loss][place]
        average = parts_of(found.predictions, DATA.y_test)[1]
        rows = {
            row["part"]: row
            for row in curve.rows()
            if (row["loss"], row["capacity"]) == (loss, (3, 6)[place])
        }
        total = 0.0
        for name, interval in average.terms.items():
            for end in ("low", "high"):
                assert rows[name][end] == getattr(interval, end)
            total += rows[name]["estimate"]
        assert total == pytest.approx(rows["loss"]["estimate"], abs=1e-12)
        values = curve.values(loss, "variance")
        assert values.shape == (2, 3)
        for group in range(3):
            own = parts_of(found.predictions[[group, group + 3]], DATA.y_test)[1]
            assert values[place, group] == own.terms["variance"].mean


def test_the_loss_is_that_of_the_networks_themselves(curve):
    """Brier score and error of each network, by hand."""
    for place in range(2):
        found = curve.decompositions["brier"][place].predictions
        scores = ((found - np.eye(10)[DATA.y_test]) ** 2).sum(axis=2).mean()
        assert curve.decompositions["brier"][place].average.loss.mean == pytest.approx(scores)
        errors = np.mean([result.end("test_error") for result in curve.results[place]])
        for loss in ("zero_one", "kohavi_wolpert"):
            assert curve.decompositions[loss][place].average.loss.mean == pytest.approx(errors)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_group_keeps_its_data_sets_where_fits_failed(curve, loss):
    """Data set 4 is in group 1, in which one fit is left; the others stay as they are."""
    wide = list(curve.results[1])
    wide[4] = dataclasses.replace(wide[4], diverged_at=3)
    failed = dataclasses.replace(curve, results=(curve.results[0], tuple(wide)))
    whole, left = curve.values(loss, "variance"), failed.values(loss, "variance")
    assert np.isnan(left).tolist() == [[False] * 3, [False, True, False]]
    assert left[0].tolist() == whole[0].tolist()
    assert left[1, [0, 2]].tolist() == whole[1, [0, 2]].tolist()
    assert failed.rise(loss, "variance").change.n == 2


def test_training_labels_alone_are_noisy(curve):
    """Each fit has noisy labels of its own; the rows keep theirs."""
    cells = curve.fits[0].cells
    assert {cell.label_noise for cell in cells} == {LabelNoise(0.5)}
    assert len({cell.seed for cell in cells}) == len({cell.data for cell in cells}) == 6
    first, other = (
        corrupt_labels(cell.data.make().y_train, 0.5, 10, seed=cell.seed)[1] for cell in cells[:2]
    )
    assert (first != other).any()
    assert (curve.decompositions["brier"][0].truth == DATA.y_test).all()
    note = curve.decompositions["brier"][0].notes
    assert any("50% of the training labels are resampled" in sentence for sentence in note)


def test_the_threshold_is_that_of_the_training_errors():
    with Store("sqlite://") as own:
        curve = decomposition_curve(
            DecisionTreeClassifier(),
            [2, 8, 60],
            DATA,
            6,
            parameter="max_leaf_nodes",
            sampling="fresh",
            n_groups=3,
            store=own,
        )
    errors = curve.errors()
    assert [len(values) for values in errors] == [6, 6, 6]
    assert (errors[2] == 0).all()
    assert errors[1].min() > 0.01
    assert (curve.threshold.none_below, curve.threshold.all_from) == (8, 60)
    assert curve.losses == ("zero_one",)
    assert curve.n_parameters == (None, None, None)
    assert curve.rise("zero_one", "loss").found is False
    assert curve.rise("zero_one", "loss").change.mean < 0
    assert 60 in curve.highest("zero_one", "variance")


def test_a_regression_whose_parts_are_known():
    """The mean of the targets, whatever the input: its variance is that of a mean."""
    from sklearn.dummy import DummyRegressor

    problem = make_toy_regression(n=25, noise=0.5, function="sine", design="grid")
    with Store("sqlite://") as own:
        curve = decomposition_curve(
            lambda c: DummyRegressor(), [1], problem, 60, n_groups=6, store=own, jobs=1
        )
    average = curve.decompositions["squared"][0].average
    assert average.terms["noise"].mean == pytest.approx(0.25)
    assert average.terms["variance"].low < 0.25 / 25 < average.terms["variance"].high
    values = curve.values("squared", "variance")
    assert values.mean() == pytest.approx(0.25 / 25, rel=0.5)


def test_frame_and_chart(curve):
    frame = curve.to_frame()
    assert set(frame["loss"]) == set(LOSSES)
    assert set(frame["n_datasets"]) == {6}
    assert set(frame["n_parameters"]) == {163, 316}
    chart = curve.chart("kohavi_wolpert").to_dict()
    assert "0–1 loss by probabilities" in chart["title"]["text"]
    drawn = chart["data"]["values"]
    assert [row["part"] for row in drawn[:3]] == ["bias", "variance", "mean loss"]
    assert repr(curve).startswith("DecompositionCurve(brier, cross_entropy")
    assert "<table" in curve._repr_html_()
    with pytest.raises(ValueError, match="`loss` must be one of brier"):
        curve.chart("absolute")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_datasets": 5}, "`n_datasets` must be at least 2 for each of 3 groups, got 5"),
        ({"n_groups": 1}, "`n_groups` must be an integer >= 2, got 1"),
        ({"losses": ["brier", "brier"]}, "`losses` must be distinct and at least one"),
        ({"losses": ["squared"]}, "`losses` must be "),
        ({"capacities": []}, "`capacities` must be distinct and at least one"),
        ({"label_noise": 2}, "`label_noise` must be a number from 0 to 1"),
    ],
)
def test_errors(changed, message):
    arguments = {"capacities": [3], "problem": DATA, "n_datasets": 6, "sampling": "fresh"}
    arguments |= {"recipe": RECIPE, "n_groups": 3, **changed}
    with pytest.raises(ValueError, match=message):
        decomposition_runs(lambda h: MLP((h,)), **arguments)


def test_label_noise_of_an_estimator_is_refused():
    with pytest.raises(ValueError, match="`label_noise` must be 0 for an estimator"):
        genlab.decompose(DecisionTreeClassifier(), DATA, 4, label_noise=0.1, store="sqlite://")
