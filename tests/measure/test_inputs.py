"""Arrays of odd kinds in, right numbers or one sentence out.

Each stands for a fault that users of other tools met; the tracker's number is beside it.
"""

import re

import numpy as np
import pytest
from scipy import sparse, stats

from genlab import measure
from genlab.measure import (
    binned_means,
    confusion_matrix,
    difference_interval,
    error_interval,
    evaluate,
    expected_best_of,
    gain_over_default,
    mean_interval,
    optimism,
    reliability,
    total_effect_shares,
    total_effect_variances,
    wilson_interval,
)

MASKED = np.ma.array([0.1, 0.2, 0.9], mask=[False, False, True])


@pytest.mark.parametrize(
    "function",
    [
        mean_interval,
        measure.variance_interval,
        measure.deviation_interval,
        measure.quantile_interval,
        error_interval,
        measure.loss_interval,
        measure.percent_interval,
        lambda values: measure.jackknife_interval(0.1, values),
        lambda values: wilson_interval(values, 1),
        lambda values: measure.clopper_pearson_interval(1, values),
        lambda values: difference_interval(values, [0.1, 0.2]),
        lambda values: expected_best_of(values, [1, 2, 3], 1),
        lambda values: measure.peak_test([values, [0.2]]),
        lambda values: measure.double_descent([1, 2], [values, [0.2]], 1),
        lambda values: measure.interpolation_threshold([1, 2], [values, [0.2]]),
        lambda values: measure.fit_power_law([1, 2, 3], [values]),
        lambda values: measure.equivalent_sample_size([1, 2, 3], [values], [0.1]),
        lambda values: measure.tail_index(values),
        lambda values: binned_means([values], [[1, 2, 3]], 2),
        lambda values: optimism([values, values]),
        lambda values: reliability([[0.9, 0.1]], values),
        lambda values: evaluate(values, [0, 1, 2]),
        lambda values: confusion_matrix(values, [0, 1, 2], 3),
        lambda values: total_effect_variances(values),
        lambda values: measure.squared_error_parts([[1, 2], [1, 3]], values, 0.1),
        lambda values: measure.squared_loss_parts([values, values], [1, 1, 2]),
        lambda values: measure.absolute_error_parts([[1, 1, 2]] * 2, values),
        lambda values: measure.zero_one_parts([[1, 1, 0]] * 2, values),
        lambda values: measure.kohavi_wolpert_parts([[1, 1, 0]] * 2, values),
        lambda values: measure.brier_parts([[[0.1, 0.9]] * 3] * 2, values),
        lambda values: measure.cross_entropy_parts([[[0.1, 0.9]] * 3] * 2, values),
    ],
)
def test_masked_values_are_refused(function):
    """NumPy drops a mask without a word (astropy #17401)."""
    with pytest.raises(ValueError, match=r"` must have no masked values, got [12]\."):
        function(MASKED)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (sparse.csr_array(np.eye(2)), "`values` must be a dense array, got a sparse csr_array: "),
        ([[0.1], [0.1, 0.2]], "`values` must be an array of numbers, got rows of different length"),
        (["a", "b"], "`values` must hold numbers, got 'a'."),
        ([1j], "`values` must hold numbers, got 1j."),
        (np.array(["2020-01-01"], "M8[D]"), "`values` must hold numbers, got 2020-01-01."),
    ],
    ids=["sparse", "ragged", "texts", "complex", "dates"],
)
def test_what_is_no_array_of_numbers(values, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        mean_interval(values)


def test_none_is_a_diverged_seed():
    """JSON has null for NaN."""
    assert mean_interval([0.1, None, 0.3]).row() == mean_interval([0.1, np.nan, 0.3]).row()
    assert mean_interval([0.1, None, 0.3]).n == 2


def test_small_types_do_not_wrap():
    """scikit-learn #28827: differences of uint8 are taken modulo 256."""
    values = [[0, 2], [4, 4], [200, 1]]
    expected = total_effect_variances(np.array(values, dtype=float))
    assert expected[0] == pytest.approx((4 + 0 + 199**2) / 6)
    for kind in (np.uint8, np.float16, object):
        assert total_effect_variances(np.array(values, dtype=kind)) == pytest.approx(expected)
    assert total_effect_variances(values) == pytest.approx(expected)
    y = np.array([200, 1], np.uint8)
    assert confusion_matrix(y, y, 256)[200, 200] == 1


def test_groups_that_diverged_are_left_out():
    values = np.array([[0.0, 2.0], [4.0, 4.5], [7.0, 1.0], [2.0, 3.0]])
    with_nan = np.vstack([values, [np.nan, 1.0]])
    assert np.array_equal(total_effect_variances(with_nan), total_effect_variances(values))
    assert total_effect_shares(with_nan).row(index=0) == total_effect_shares(values).row(index=0)
    assert total_effect_shares(with_nan).n[0] == 4


def test_a_source_that_never_matters():
    shares = total_effect_shares([[1.0, 1.0, 3.0], [4.0, 4.0, 4.0], [9.0, 9.0, 8.0]])
    assert shares.mean[0] == 0
    assert np.isnan([shares.low[0], shares.high[0]]).all()
    assert np.isfinite([shares.mean[1], shares.low[1], shares.high[1]]).all()
    assert np.isnan(total_effect_shares(np.zeros((4, 3))).mean[:-1]).all()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([1.0, 2.0], "`values` must have shape (groups, runs) with at least 2 runs per group, got"),
        (
            [[1.0, 2.0], [1.0, np.nan], [3.0, 4.0]],
            "`values` must hold at least 3 groups without a diverged run, got 2.",
        ),
    ],
)
def test_too_few_groups(values, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        total_effect_shares(values)


@pytest.mark.parametrize("labels", [[0, 1, 2], np.array([0, 1, 2], object)], ids=["int", "object"])
def test_texts_are_never_equal_to_numbers(labels):
    """100% error without a word (scikit-learn #18192, yellowbrick #614)."""
    for predicted in (["0", "1", "2"], np.array(["0", "1", "2"], object)):
        with pytest.raises(ValueError, match=r"`predicted` must hold numbers .* got '0' for the l"):
            evaluate(labels, predicted)
    with pytest.raises(ValueError, match=r"got 0 for the label '0'\."):
        evaluate(["0", "1", "2"], labels)
    assert evaluate(["a", "b"], np.array(["a", "a"], object)).n_wrong == 1
    assert evaluate(labels, [0.0, 1.0, 2.0]).n_wrong == 0


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([-1, 0], "`labels` must be whole numbers from 0 to 1, the columns of `log_probabilities`"),
        ([0, 2], "got 2."),
        ([0.5, 0], "got 0.5."),
    ],
)
def test_losses_of_labels_without_a_column(labels, sentence):
    """A label of −1 took the last column."""
    with pytest.raises(ValueError, match=re.escape(sentence)):
        evaluate(labels, labels, np.log([[0.2, 0.8], [0.5, 0.5]]))


def test_probabilities_are_no_logarithms():
    with pytest.raises(ValueError, match=r"`log_probabilities` must be <= 0, got 0\.9: they are"):
        evaluate([0, 1], [0, 1], [[0.3, 0.7], [0.9, 0.1]])
    losses = evaluate([0.0, 1.0], [0, 1], [[1e-7, -9.0], [-np.inf, np.nan]]).losses
    assert losses[0] == -1e-7
    assert np.isnan(losses[1])


def test_a_probability_of_zero_has_an_infinite_loss():
    assert evaluate([1], [0], [[0.0, -np.inf]]).losses[0] == np.inf


@pytest.mark.parametrize("n_bins", [3, 10, 49, 100, 1000])
def test_an_input_on_an_edge_is_in_the_bin_that_begins_there(n_bins):
    """0.29 · 100 is 28.999…: it fell into the bin below (fast-histogram #45, SciPy #14332)."""
    edges = np.arange(n_bins) / n_bins
    means = binned_means(edges[None], np.arange(n_bins)[None], n_bins)
    assert np.array_equal(means[0], np.arange(n_bins))
    below = np.nextafter(edges[1:], 0)
    assert np.array_equal(
        binned_means(below[None], np.arange(n_bins - 1)[None], n_bins)[0, :-1],
        np.arange(n_bins - 1),
    )


def test_a_difference_leaves_out_seeds_that_diverged():
    found = difference_interval([1.0, 2.0, np.nan, 4.0], [0.0, 1.0, np.inf])
    expected = stats.ttest_ind([1.0, 2.0, 4.0], [0.0, 1.0], equal_var=False)
    assert found.mean == pytest.approx(7 / 3 - 0.5)
    assert found.low == pytest.approx(expected.confidence_interval().low)
    assert found.n == 2
    assert np.isnan(difference_interval([], [1.0, 2.0]).mean)
    assert difference_interval([np.nan], [1.0, 2.0]).n == 0


def test_equal_seeds_do_not_make_a_difference_certain():
    found = difference_interval([1.0, 1.0, 1.0], [0.0, 0.0, 0.0])
    assert found.mean == 1
    assert np.isnan([found.low, found.high]).all()


def test_an_error_corrected_for_selection_stays_an_error():
    """Three of ten trials without an error on ten examples gave [0, 0]; few examples gave −42%."""
    perfect = optimism(np.zeros((3, 10)))
    expected = wilson_interval(0, 10)
    assert (perfect.corrected.low, perfect.corrected.high) == (0, pytest.approx(expected.high))
    assert perfect.nested.high == pytest.approx(expected.high)
    few = optimism([[0, 1, 1, 0]])
    assert (few.corrected.low, few.corrected.high) == (0, 1)
    every = optimism(np.ones((1, 8)))
    assert every.corrected.low == pytest.approx(wilson_interval(8, 8).low)
    losses = optimism(np.full((2, 5), 0.3)).corrected
    assert losses.mean == pytest.approx(0.3)
    assert np.isnan([losses.low, losses.high]).all()
    table = np.random.default_rng(0).exponential(size=(1, 4))
    assert optimism(table).corrected.low >= 0


def test_trials_that_agree_everywhere_may_still_differ():
    gain = gain_over_default(np.zeros((3, 10)), 0, 1)
    most = wilson_interval(0, 10).high
    assert gain.difference.row() == {"estimate": 0, "low": -most, "high": most}
    assert gain.corrected.row() == {"estimate": 0, "low": -most, "high": most}
    assert not gain.beyond_noise
    same = gain_over_default(np.zeros((3, 10)), 0, 0)
    assert same.corrected.row() == {"estimate": 0, "low": 0, "high": 0}


def test_probabilities_of_objects_and_small_floats():
    expected = reliability([[0.9, 0.1], [0.25, 0.75]], [0, 1])
    for kind in (object, np.float32, np.float16):
        found = reliability(np.array([[0.9, 0.1], [0.25, 0.75]], kind), [0, 1])
        assert np.array_equal(found.count, expected.count)
        assert found.error == pytest.approx(expected.error, abs=1e-3)


def test_a_certain_prediction_is_in_the_last_bin():
    """netcal and others drop a confidence of exactly 1.0."""
    row = reliability([[1.0, 0.0], [1.0, 0.0]], [0, 1], 10).rows()[-1]
    assert (row["count"], row["confidence"], row["accuracy"]) == (2, 1.0, 0.5)


def test_a_long_value_is_cut_off_in_an_error():
    with pytest.raises(ValueError, match=r"^`scores` must be .*got \[nan, .{0,200} \.\.\.\.$"):
        expected_best_of([float("nan")] * 100_000, [0.0] * 100_000, 1)
    with pytest.raises(
        ValueError, match=r"^`confusion` .* got array\(\[\[0\.5, 1\. \], \[2\."
    ) as e:
        measure.class_errors(np.array([[0.5, 1.0], [2.0, 3.0]]))
    assert "\n" not in str(e.value)
