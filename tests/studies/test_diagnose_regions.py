"""Regions of high error: found where they were put, in the words and units of the table."""

import numpy as np
import pytest
from scipy import stats

from genlab.datasets import Dataset, TableEncoder, load_table
from genlab.studies.diagnosis._regions import _shortest, error_regions

N = 600
RANDOM = np.random.default_rng(0)
AGE = RANDOM.integers(18, 80, N)
CITY = RANDOM.choice(["Oslo", "Bergen", "Voss"], N)
TABLE = {"age": AGE, "city": CITY, "size": RANDOM.standard_normal(N), "y": np.arange(N) % 2}
DATA = load_table(TABLE, target="y", test=0)


def in_old_oslo(rng):
    """Wrong about 60% of those over 50 in Oslo, and 10% of all others."""
    return 1.0 * (rng.random(N) < np.where((AGE > 50) & (CITY == "Oslo"), 0.6, 0.1))


@pytest.fixture(scope="module")
def found():
    return error_regions(in_old_oslo(np.random.default_rng(1)), DATA)


def test_the_region_has_the_words_of_the_table(found):
    assert found.reason == ""
    condition = found.regions[0]["condition"]
    assert "city is Oslo" in condition
    assert 47 <= int(condition.split("age > ")[1].split(" ")[0]) <= 53


def test_it_is_measured_on_the_other_rows(found):
    assert found.n_found_on == found.n_measured_on == N // 2
    region = found.regions[0]
    wilson = stats.binomtest(round(region["error"] * region["n"]), region["n"]).proportion_ci(
        method="wilson"
    )
    assert (region["error_low"], region["error_high"]) == pytest.approx((wilson.low, wilson.high))
    assert region["error_low"] <= 0.6 <= region["error_high"]
    assert region["elsewhere_low"] <= 0.1 <= region["elsewhere_high"]
    assert region["difference"] == pytest.approx(region["error"] - region["elsewhere"])
    assert 0 < region["difference_low"] < 0.5 < region["difference_high"]
    assert region["share"] == region["n"] / found.n_measured_on


@pytest.mark.parametrize("binary", [True, False])
def test_it_is_silent_where_the_error_is_the_same_everywhere(binary):
    x = np.random.default_rng(2).standard_normal((200, 3))
    data = Dataset(x, np.arange(200) % 2, x[:0], [])
    alarms = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        losses = 1.0 * (rng.random(200) < 0.2) if binary else rng.exponential(size=200)
        alarms += bool(error_regions(losses, data, seed=seed).regions)
    assert alarms <= 0.1 * 120


def test_losses_of_numbers_have_welchs_interval():
    x = np.random.default_rng(3).uniform(size=(400, 2))
    data = Dataset(x, np.zeros(400), x[:0], [], task="regression", columns=("length", "width"))
    losses = np.random.default_rng(4).exponential(size=400) * np.where(x[:, 1] > 0.75, 6, 1)
    found = error_regions(losses, data, max_depth=1)
    assert found.n_tested == 1
    region = found.regions[0]
    assert region["condition"].startswith("width > 0.7")
    inside = x[:, 1] > float(region["condition"].split("> ")[1])
    assert region["n"] < inside.sum()  # those of the other half
    assert region["error"] == pytest.approx(losses[inside].mean(), rel=0.3)
    assert region["error_low"] > region["elsewhere_high"]
    assert region["difference_low"] > 0


def test_groups_and_missing_losses():
    x = np.arange(200.0)[:, None] % 10
    groups = np.arange(200) // 4
    data = Dataset(x, np.arange(200) % 2, x[:0], [], groups=groups)
    losses = 1.0 * (x[:, 0] > 4)
    losses[:40] = np.nan
    found = error_regions(losses, data)
    assert found.n_found_on % 4 == found.n_measured_on % 4 == 0
    assert found.n_found_on + found.n_measured_on == 160
    assert found.regions[0]["condition"] == "input 0 > 4"
    assert (found.regions[0]["error"], found.regions[0]["elsewhere"]) == (1, 0)


@pytest.mark.parametrize(
    ("shape", "match"),
    [
        ((100, 8, 8), "each example is an array"),
        ((100, 201), "201 inputs"),
        ((30, 2), "at least 80"),
    ],
)
def test_reasons_for_none(shape, match):
    x = np.random.default_rng(0).standard_normal(shape)
    data = Dataset(x, np.arange(len(x)) % 2, x[:0], [])
    found = error_regions(np.ones(len(x)), data)
    assert found.regions == []
    assert match in found.reason


def test_each_input_of_a_table_says_what_it_means():
    table = {
        "age": [20.0, 40.0, None, 60.0],
        "day": ["2024-01-05", "2025-02-03", "2024-03-01", "2026-03-09"],
        "city": ["Oslo", None, "Oslo", "Voss"],
        "smokes": [True, False, True, True],
    }
    encoder = TableEncoder.fit(table)
    inputs, x = encoder.inputs, encoder.transform(table)
    assert len(inputs) == len(encoder.feature_names) == x.shape[1]
    by_words = {one.condition(above=0.5): x[:, i] for i, one in enumerate(inputs) if one.level}
    assert by_words["city is Oslo"].tolist() == [1, 0, 1, 0]
    assert by_words["city is missing"].tolist() == [0, 1, 0, 0]
    assert by_words["age is missing"].tolist() == [0, 0, 1, 0]
    assert by_words["smokes is True"].tolist() == [1, 0, 1, 1]
    numbers = {
        one.name: one.centre + one.scale * x[:, i] for i, one in enumerate(inputs) if not one.level
    }
    np.testing.assert_allclose(numbers["age"][[0, 1, 3]], [20, 40, 60])
    np.testing.assert_allclose(numbers["day year"], [2024, 2025, 2024, 2026])
    assert inputs[0].condition(20, 40) == "20 < age <= 40"


@pytest.mark.parametrize(
    ("low", "high", "cut"),
    [(41, 42, 41), (0.1234, 0.1299, 0.127), (-3.0, 5.0, 1.0), (1e-9, 1.0, 0.5)],
)
def test_cuts_have_few_digits(low, high, cut):
    assert _shortest(low, high) == cut


def test_refusals():
    with pytest.raises(ValueError, match="`losses` must be 600 numbers of at least 0"):
        error_regions(np.ones(3), DATA)
    with pytest.raises(ValueError, match="`max_depth` must be an integer >= 1"):
        error_regions(np.ones(N), DATA, max_depth=0)
