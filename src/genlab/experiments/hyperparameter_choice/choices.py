"""Choosing one of several trials: the error that is reported, and the error on fresh examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from genlab._base.jsons import Row
from genlab.measure import (
    error_interval,
    expected_best_of,
    gain_over_default,
    mean_interval,
    optimism,
    ranking_uncertainty,
)

#: Ways of choosing: by the lowest error on one set, which is reported as well; or by the
#: validation error, with the test error reported.
BY_TRAINING, BY_VALIDATION, BY_TEST, SEALED = "training", "validation", "test", "sealed_test"
WAYS = (BY_TRAINING, BY_VALIDATION, BY_TEST, SEALED)

_Errors = Float[np.ndarray, " trials"]
_COLUMNS = ("reported", "fresh", "gap")


@dataclass(frozen=True, eq=False)
class Study:
    """Trials on one draw of all sets.

    Attributes
    ----------
    train
        Training error of each trial, infinite where it diverged.
    wrong
        Whether each trial misclassifies each example of a pool: pairs of a validation and a
        test set, one after the other.
    n
        Examples of each of these sets.
    """

    train: _Errors
    wrong: Bool[np.ndarray, "trials examples"]
    n: int

    def first(self, n_trials: int) -> Study:
        """The first trials."""
        return Study(self.train[:n_trials], self.wrong[:n_trials], self.n)

    @property
    def n_examples(self) -> tuple[int, int]:
        """Examples in one kind of set of all pairs, and in neither set of a pair."""
        return self.n_pairs * self.n, self.wrong.shape[1] - 2 * self.n

    @property
    def n_pairs(self) -> int:
        """Pairs in the pool."""
        return self.wrong.shape[1] // (2 * self.n)

    def validation(self, pair: int) -> Bool[np.ndarray, "trials n"]:
        """The validation set of a pair."""
        return self.wrong[:, 2 * pair * self.n : (2 * pair + 1) * self.n]

    def test(self, pair: int) -> Bool[np.ndarray, "trials n"]:
        """The test set of a pair."""
        return self.wrong[:, (2 * pair + 1) * self.n : (2 * pair + 2) * self.n]

    def rest(self, pair: int) -> _Errors:
        """The errors on the examples of the pool that are in neither."""
        whole, both = self.wrong, self.wrong[:, 2 * pair * self.n : (2 * pair + 2) * self.n]
        n_wrong = np.count_nonzero(whole, axis=1) - np.count_nonzero(both, axis=1)
        return n_wrong / (whole.shape[1] - both.shape[1])

    def errors(self, pair: int) -> dict[str, tuple[_Errors, _Errors]]:
        """Way -> the errors by which it chooses, and those that it reports."""
        validation, test = (part(pair).mean(axis=1) for part in (self.validation, self.test))
        return {
            BY_TRAINING: (self.train, self.train),
            BY_VALIDATION: (validation, validation),
            BY_TEST: (test, test),
            SEALED: (validation, test),
        }

    def choices(self) -> list[Row]:
        """What each way chooses and reports; of equal trials the first is chosen."""
        rows = []
        for pair in range(self.n_pairs):
            for way, (by, reported) in self.errors(pair).items():
                k = int(by.argmin())
                choice = {"configuration": k, "reported": float(reported[k])}
                rows.append({"pair": pair, "way": way, **choice})
        return rows


def means(rows: Sequence[Mapping[str, float]], n_reported: int, n_fresh: int) -> Row:
    """Reported error, fresh error and gap: means of rows, one per repetition, and intervals.

    `n_reported` and `n_fresh` count the examples behind a repetition's errors.
    """
    reported, fresh, gap = ([row[name] for row in rows] for name in _COLUMNS)
    return {
        **error_interval(reported, n_reported).row("reported"),
        **error_interval(fresh, n_fresh).row("fresh"),
        **mean_interval(gap).row("gap"),
        "n_repetitions": len(rows),
    }


def gap_row(reported: float, fresh: float) -> Row:
    """The errors of one choice, and their difference."""
    return {"reported": float(reported), "fresh": float(fresh), "gap": float(reported - fresh)}


def over_pairs(rows: Sequence[Row]) -> list[Row]:
    """Means over the pairs of each repetition."""
    groups: dict[int, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["repetition"], []).append(row)
    return [
        gap_row(*(float(np.mean([row[name] for row in group])) for name in _COLUMNS[:2]))
        for group in groups.values()
    ]


def against_trials(studies: Sequence[Study], n_trials: Sequence[int]) -> list[Row]:
    """Reported and fresh errors of searches among m trials, for each m up to all trials.

    The examples in neither set of a pair are fresh to both. A repetition's value is the mean
    over its pairs.
    """
    rests = [[study.rest(pair) for pair in range(study.n_pairs)] for study in studies]
    rows = []
    for m in (m for m in n_trials if m <= len(studies[0].train)):
        for way in WAYS[1:]:
            gaps = []
            for study, fresh in zip(studies, rests, strict=True):
                searches = [
                    (expected_best_of(by, reported, m), expected_best_of(by, fresh[pair], m))
                    for pair in range(study.n_pairs)
                    for by, reported in [study.errors(pair)[way]]
                ]
                gaps.append(gap_row(*np.mean(searches, axis=0)))
            examples = studies[0].n_examples
            rows.append({"way": way, "n_trials": m, **means(gaps, *examples)})
    return rows


def against_size(studies: Sequence[Study], sizes: Sequence[int], n_divided: int) -> list[Row]:
    """Reported and fresh errors of choices by validation sets of each size, among all trials.

    The first `n_divided` examples of the pool are divided into sets of a size, over which a
    repetition's value is the mean; the others are fresh.
    """
    rests = [study.wrong[:, n_divided:].mean(axis=1) for study in studies]
    n_fresh = studies[0].wrong.shape[1] - n_divided
    rows = []
    for size in (size for size in sizes if size <= n_divided):
        gaps = []
        for study, fresh in zip(studies, rests, strict=True):
            starts = range(0, n_divided - size + 1, size)
            errors = np.array([study.wrong[:, i : i + size].mean(axis=1) for i in starts])
            gaps.append(gap_row(errors.min(axis=1).mean(), fresh[errors.argmin(axis=1)].mean()))
        rows.append({"n_validation": size, **means(gaps, n_divided // size * size, n_fresh)})
    return rows


def estimates(studies: Sequence[Study], choices: Sequence[Row], default: int) -> list[Row]:
    """The cost of choosing, estimated from the validation sets alone and measured.

    `choices` holds each pair's choices by validation and by test error; `default` is the
    trial with which the chosen one is compared.
    """
    by_test = {(row["repetition"], row["pair"]): row for row in choices if row["way"] == BY_TEST}
    by_method: dict[tuple[str, str], list[list[float]]] = {}
    for row in choices:
        if row["way"] != BY_VALIDATION:
            continue
        r, pair, k = row["repetition"], row["pair"], row["configuration"]
        table, rest = studies[r].validation(pair), studies[r].rest(pair)
        cost = optimism(table, n_resamples=50, n_splits=10)
        gain = gain_over_default(table, k, default, n_splits=10)
        for key, value in {
            ("optimism", "measured"): row["fresh"] - row["reported"],
            ("optimism", "bootstrap"): cost.bootstrap.mean,
            ("optimism", "nested"): cost.nested.mean,
            ("other_winner", "measured"): by_test[r, pair]["configuration"] != k,
            ("other_winner", "bootstrap"): ranking_uncertainty(table, n_resamples=50).another,
            ("gain", "measured"): rest[k] - rest[default],
            ("gain", "validated"): gain.difference.mean,
            ("gain", "nested"): gain.corrected.mean,
        }.items():
            by_method.setdefault(key, [[] for _ in studies])[r].append(float(value))
    rows = []
    for (quantity, method), values in by_method.items():
        of_repetitions = [np.mean(of_repetition) for of_repetition in values]
        # The probability of another winner is a fraction, the others are differences.
        fraction = quantity == "other_winner"
        interval = (error_interval if fraction else mean_interval)(of_repetitions)
        rows.append(
            {
                "quantity": quantity,
                "method": method,
                **interval.row(),
                "n_repetitions": int(interval.n),
            }
        )
    return rows
