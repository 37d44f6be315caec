"""Three marks, against the rules and against how often a claim is wrong."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genlab.measure import AGREEMENT_RULES, agreement, mean_interval


@pytest.mark.parametrize(
    ("low", "high", "mark"),
    [
        (9.0, 11.0, "agrees"),
        (9.5, 10.5, "agrees"),
        (8.9, 11.0, "uncertain"),
        (9.5, 11.1, "uncertain"),
        (5.0, 20.0, "uncertain"),
        (5.0, 9.0, "uncertain"),
        (5.0, 8.9, "differs"),
        (11.1, 20.0, "differs"),
        (11.1, math.inf, "differs"),
        (10.0, math.inf, "uncertain"),
        (math.nan, math.nan, "uncertain"),
    ],
)
def test_marks(low, high, mark):
    assert agreement(low, high, 10.0, 1.0) == mark
    assert mark in AGREEMENT_RULES


finite = st.floats(-1e6, 1e6)


@given(finite, finite, finite, st.floats(0, 1e6))
def test_the_marks_follow_from_points_of_the_interval(a, b, published, tolerance):
    low, high = sorted((a, b))
    inside = [published - tolerance <= x <= published + tolerance for x in (low, high)]
    mark = agreement(low, high, published, tolerance)
    assert (mark == "agrees") == all(inside)
    if mark == "differs":
        assert not any(inside)
        assert not low <= published <= high


def test_a_single_seed_cannot_agree():
    interval = mean_interval([10.0])
    assert agreement(float(interval.low), float(interval.high), 10.0, 1.0) == "uncertain"


def test_a_wrong_claim_is_rare():
    """At the very edge of the tolerance either claim is wrong half of the time it errs."""
    rng = np.random.default_rng(0)
    values = rng.normal(11, 0.2, (4, 4000))
    interval = mean_interval(values)
    marks = [
        agreement(low, high, 10.0, 1.0)
        for low, high in zip(interval.low, interval.high, strict=True)
    ]
    for mark in ("agrees", "differs"):
        assert abs(marks.count(mark) / 4000 - 0.025) < 0.01


def test_bad_arguments():
    with pytest.raises(ValueError, match="`tolerance` must be a number >= 0"):
        agreement(0, 1, 0, -1)
    with pytest.raises(ValueError, match="`published` must be finite"):
        agreement(0, 1, math.nan, 1)
    with pytest.raises(ValueError, match="`low` must be <= `high`"):
        agreement(2, 1, 0, 1)
