"""Choosing one of several trials by this set or that, and what the choice claims and is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from genlab._base.jsons import Row
from genlab.experiments._toy import estimate
from genlab.measure import (
    expected_best_of,
    gain_over_default,
    mean_interval,
    optimism,
    ranking_uncertainty,
)

BY_TRAINING, BY_VALIDATION, BY_TEST, SEALED = (
    "lowest training error",
    "lowest validation error",
    "lowest test error",
    "validation, then the test set once",
)
WAYS = (BY_TRAINING, BY_VALIDATION, BY_TEST, SEALED)

_Errors = Float[np.ndarray, " trials"]
_COLUMNS = ("claimed", "fresh", "fooled")
_TOO_GOOD, _OTHER, _GAIN = (
    "true error less the lowest validation error",
    "another setting wins on a new set",
    "error less that of the chapter's network",
)


@dataclass(frozen=True, eq=False)
class Study:
    """Trials on one draw of all sets.

    Attributes
    ----------
    train
        The training error of each trial, infinite where it diverged.
    wrong
        Whether each is wrong on the examples of a pool: pairs of a validation and a test set,
        one after the other.
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

    def claims(self, pair: int) -> dict[str, tuple[_Errors, _Errors]]:
        """Of each way, the errors it chooses by, and those it tells of."""
        validation, test = (part(pair).mean(axis=1) for part in (self.validation, self.test))
        return {
            BY_TRAINING: (self.train, self.train),
            BY_VALIDATION: (validation, validation),
            BY_TEST: (test, test),
            SEALED: (validation, test),
        }

    def choices(self) -> list[Row]:
        """What each way chooses and claims: of equal trials the first."""
        rows = []
        for pair in range(self.n_pairs):
            for way, (by, claimed) in self.claims(pair).items():
                k = int(by.argmin())
                rows.append({"pair": pair, "way": way, "setting": k, "claimed": float(claimed[k])})
        return rows


def means(rows: Sequence[Mapping[str, float]]) -> Row:
    """Claimed, fresh and their difference: means of rows, one a repetition, and intervals."""
    row: Row = {}
    for name in _COLUMNS:
        interval = mean_interval([one[name] for one in rows])
        row |= {name: float(interval.mean)}
        row |= {f"{name}_low": float(interval.low), f"{name}_high": float(interval.high)}
    return {**row, "n_repetitions": len(rows)}


def told(claimed: float, fresh: float) -> Row:
    """The columns of one choice."""
    return {"claimed": float(claimed), "fresh": float(fresh), "fooled": float(claimed - fresh)}


def over_pairs(rows: Sequence[Row]) -> list[Row]:
    """Means over the pairs of each repetition."""
    of: dict[int, list[Row]] = {}
    for row in rows:
        of.setdefault(row["repetition"], []).append(row)
    return [
        told(*(float(np.mean([row[name] for row in group])) for name in _COLUMNS[:2]))
        for group in of.values()
    ]


def against_trials(studies: Sequence[Study], n_trials: Sequence[int]) -> list[Row]:
    """What searches of m trials claim and get, for each m that there are trials for.

    What is in neither set of a pair is fresh to both. A repetition's number is the mean over
    its pairs.
    """
    rests = [[study.rest(pair) for pair in range(study.n_pairs)] for study in studies]
    rows = []
    for m in (m for m in n_trials if m <= len(studies[0].train)):
        for way in WAYS[1:]:
            found = []
            for study, fresh in zip(studies, rests, strict=True):
                searches = [
                    (expected_best_of(by, claimed, m), expected_best_of(by, fresh[pair], m))
                    for pair in range(study.n_pairs)
                    for by, claimed in [study.claims(pair)[way]]
                ]
                found.append(told(*np.mean(searches, axis=0)))
            rows.append({"way": way, "n_trials": m, **means(found)})
    return rows


def against_size(studies: Sequence[Study], sizes: Sequence[int], largest: int) -> list[Row]:
    """What all trials, chosen by validation sets of each size, claim and get.

    The first `largest` examples of the pool are divided into sets of a size, over which a
    repetition's number is the mean; the others are fresh.
    """
    fresh = [study.wrong[:, largest:].mean(axis=1) for study in studies]
    rows = []
    for size in (size for size in sizes if size <= largest):
        found = []
        for study, of in zip(studies, fresh, strict=True):
            starts = range(0, largest - size + 1, size)
            errors = np.array([study.wrong[:, i : i + size].mean(axis=1) for i in starts])
            found.append(told(errors.min(axis=1).mean(), of[errors.argmin(axis=1)].mean()))
        rows.append({"n_validation": size, **means(found)})
    return rows


def estimates(studies: Sequence[Study], choices: Sequence[Row], default: int) -> list[Row]:
    """What the validation sets alone tell of the cost of choosing, beside what was measured.

    `choices` holds each pair's choices by validation and by test error.
    """
    by_test = {(row["repetition"], row["pair"]): row for row in choices if row["way"] == BY_TEST}
    found: dict[tuple[str, str], list[list[float]]] = {}
    for row in choices:
        if row["way"] != BY_VALIDATION:
            continue
        r, pair, k = row["repetition"], row["pair"], row["setting"]
        table, rest = studies[r].validation(pair), studies[r].rest(pair)
        cost = optimism(table, n_resamples=50, n_splits=10)
        gain = gain_over_default(table, k, default, n_splits=10)
        for key, value in {
            (_TOO_GOOD, "measured"): row["fresh"] - row["claimed"],
            (_TOO_GOOD, "bootstrap"): cost.bootstrap.mean,
            (_TOO_GOOD, "nested halves"): cost.nested.mean,
            (_OTHER, "measured"): by_test[r, pair]["setting"] != k,
            (_OTHER, "bootstrap"): ranking_uncertainty(table, n_resamples=50).another,
            (_GAIN, "measured"): rest[k] - rest[default],
            (_GAIN, "as validated"): gain.difference.mean,
            (_GAIN, "nested halves"): gain.corrected.mean,
        }.items():
            found.setdefault(key, [[] for _ in studies])[r].append(float(value))
    rows = []
    for (what, source), values in found.items():
        one = mean_interval([np.mean(of) for of in values])
        rows.append(
            {"quantity": what, "from": source, **estimate(one), "n_repetitions": int(one.n)}
        )
    return rows
