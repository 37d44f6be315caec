"""`hyperparameter-choice`: how far the error of the best setting is from its error on new data.

S. Prince, "Understanding Deep Learning", section 8.5: hyperparameters are chosen on a
validation set, and the test set is looked at once. Here the same settings are chosen on
training error, on validation error and, wrongly, on the test set, and each choice's claim is
set beside its error on fresh examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import DataSpec
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import text
from genlab.experiments.hyperparameter_choice.choices import (
    BY_TEST,
    BY_TRAINING,
    SEALED,
    WAYS,
    Study,
    against_size,
    against_trials,
    estimates,
    means,
    over_pairs,
    told,
)
from genlab.measure import mean_interval
from genlab.models import MLP
from genlab.sweep import CellResult, TrainingCell
from genlab.training import Recipe

_N_REPETITIONS = {"quick": 12, "default": 80, "paper": 200}
# Of these, the first few train every setting from several seeds, for many trials.
_N_SEARCHED = {"quick": 3, "default": 5, "paper": 20}
_N_SEEDS = {"quick": 12, "default": 17, "paper": 17}

_DEPTHS, _EPOCHS = (1, 2, 3), (20, 40)
_WIDTHS, _RATES = (50, 100), (0.1, 0.2, 0.4, 0.6, 0.8)
_FEW = {"widths": (100,), "epochs": (40,), "rates": (0.1, 0.4, 0.6)}
_ALL = {"widths": _WIDTHS, "epochs": _EPOCHS, "rates": _RATES}
_BATCH = 50

_N_TRAIN = 1000
_N_TEST = 2000  # and as many to validate
_N_FRESH = 100_000
# Every trial is evaluated on a pool: pairs of a validation and a test set and a few more, or,
# against size, validation sets up to the largest, and others.
_N_POOL = 17_000
_LARGEST = 5000

_SIZES = (50, 100, 200, 500, 1000, 2000, 5000)
_TRIALS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class _Setting:
    """One point of the search space."""

    depth: int
    width: int
    learning_rate: float
    epochs: int

    def model(self) -> MLP:
        return MLP(hidden=(self.width,) * self.depth)

    def recipe(self) -> Recipe:
        steps = self.epochs * _N_TRAIN // _BATCH
        return Recipe.sgd(self.learning_rate, batch_size=_BATCH, steps=steps, evaluate_every=steps)

    def row(self) -> Row:
        return {**vars(self), "n_parameters": self.model().n_parameters((40,), 10)}


# The chapter's network and learning rate.
_DEFAULT = _Setting(2, 100, 0.1, 40)


def run(context: Context) -> Findings:
    """Train all settings on every repetition's data, choose, and look at fresh examples."""
    settings = _settings(context.scale)
    n, n_searched = _N_REPETITIONS[context.scale], _N_SEARCHED[context.scale]
    seeds = _training_seeds(context, n, n_searched)
    cells = [_cell(own[0], setting, seed) for own in seeds for seed in own for setting in settings]
    trials = context.run_cells(cells)
    results = iter(trials)
    searched = [_study([next(results) for _ in own for _ in settings]) for own in seeds]
    studies = [study.first(len(settings)) for study in searched]

    choices = [
        {"repetition": r, **choice} for r, study in enumerate(studies) for choice in study.choices()
    ]
    last = {
        (r, k): _cell(seeds[r][0], settings[k], seeds[r][0], fresh=True)
        for r, k in sorted({(choice["repetition"], choice["setting"]) for choice in choices})
    }
    ends = context.run_cells(list(last.values()))
    fresh = {key: end.end("test_error") for key, end in zip(last, ends, strict=True)}
    repetitions = [
        {
            **choice,
            **settings[choice["setting"]].row(),
            **told(choice["claimed"], fresh[choice["repetition"], choice["setting"]]),
        }
        for choice in choices
    ]
    of = {way: [row for row in repetitions if row["way"] == way] for way in WAYS}
    tables = {
        "ways": [{"way": way, **means(over_pairs(of[way]))} for way in WAYS],
        "against_trials": against_trials(searched[:n_searched], _TRIALS),
        "against_size": against_size(studies, _SIZES, _LARGEST),
        "estimates": estimates(studies, repetitions, settings.index(_DEFAULT)),
        "settings": _setting_rows(settings, studies, repetitions),
        "repetitions": repetitions,
    }
    return Findings(
        tables,
        [],
        _answer(tables, len(settings)),
        [*cells, *last.values()],
        [*_notes(context.scale, len(settings), n, n_searched), *_diverged(trials)],
    )


def _space(scale: str) -> dict[str, tuple[Any, ...]]:
    return _FEW if scale == "quick" else _ALL


def _settings(scale: str) -> list[_Setting]:
    space = _space(scale)
    return [
        _Setting(depth, width, rate, epochs)
        for depth in _DEPTHS
        for width in space["widths"]
        for epochs in space["epochs"]
        for rate in space["rates"]
    ]


def _training_seeds(context: Context, n: int, n_searched: int) -> list[list[int]]:
    """The seeds of each repetition: the first is that of its data, too."""
    more = _N_SEEDS[context.scale] - 1
    seeds = context.seeds(n + n_searched * more)
    return [
        [seeds[r], *(seeds[n + r * more : n + (r + 1) * more] if r < n_searched else [])]
        for r in range(n)
    ]


def _cell(data_seed: int, setting: _Setting, seed: int, *, fresh: bool = False) -> TrainingCell:
    """A trial; with `fresh` the same one, looked at on examples that come after the others."""
    data: dict[str, Any] = {"seed": data_seed, "n_train": _N_TRAIN}
    data |= {"n_test": _N_FRESH, "skip": _N_POOL} if fresh else {"n_test": _N_POOL, "skip": 0}
    return TrainingCell(DataSpec("mnist1d_redrawn", data), setting.model(), setting.recipe(), seed)


def _study(results: Sequence[CellResult]) -> Study:
    # Of a diverged model the training error is NaN: it is never the lowest.
    train = np.nan_to_num([result.end("train_error") for result in results], nan=np.inf)
    wrong = np.array([result.test_wrong for result in results])
    return Study(train, wrong, _N_TEST)


def _setting_rows(
    settings: list[_Setting], studies: Sequence[Study], choices: list[Row]
) -> list[Row]:
    """Mean errors of each setting, and the share of choices each way made of it."""
    intervals = {
        "train_error": mean_interval([study.train for study in studies]),
        "validation_error": mean_interval([study.validation(0).mean(axis=1) for study in studies]),
        "fresh_error": mean_interval([study.rest(0) for study in studies]),
    }
    rows = []
    for k, setting in enumerate(settings):
        row: Row = {"setting": k, **setting.row()}
        for name, interval in intervals.items():
            row |= {name: float(interval.mean[k])}
            row |= {f"{name}_low": float(interval.low[k]), f"{name}_high": float(interval.high[k])}
        for way in WAYS[:3]:
            of = [choice["setting"] == k for choice in choices if choice["way"] == way]
            row[f"chosen_by_{way.split()[1]}"] = float(np.mean(of))
        rows.append({**row, "n_repetitions": len(studies)})
    return rows


def _answer(tables: dict[str, list[Row]], n_settings: int) -> str:
    ways = {row["way"]: row for row in tables["ways"]}
    training, validation, test = (_points(ways[way]) for way in WAYS[:3])
    sealed = ways[SEALED]
    within = max(-sealed["fooled_low"], sealed["fooled_high"]) <= 0.005
    most = {row["way"]: row for row in tables["against_trials"]}  # the last, of most trials
    m = most[BY_TEST]["n_trials"]
    return (
        f"Of {n_settings} settings, the one with the lowest training error claims an error of "
        f"{100 * ways[BY_TRAINING]['claimed']:.1f}% and has "
        f"{100 * ways[BY_TRAINING]['fresh']:.1f}% on {_N_FRESH:,} fresh examples, a difference of "
        f"{training} percentage points; for the lowest validation error it is {validation}, and "
        f"for the lowest test error, of {_N_TEST:,} examples that were to judge and were chosen "
        f"by, {test}. Chosen on validation and looked at once on the untouched test set, the "
        f"setting differs there from fresh examples by {_points(sealed)} points, an interval "
        f"{'within' if within else 'that reaches beyond'} ±0.5. Of {m:,} trials the lowest test "
        f"error is off by {_points(most[BY_TEST])} points, and the test error of the one with the "
        f"lowest validation error by {_points(most[SEALED])}."
    )


def _points(row: Row) -> str:
    names = {"estimate": "fooled", "low": "fooled_low", "high": "fooled_high"}
    return text({name: 100 * row[column] for name, column in names.items()}, 2)


def _notes(scale: str, n_settings: int, n: int, n_searched: int) -> list[str]:
    space = _space(scale)
    n_pairs = _N_POOL // (2 * _N_TEST)
    few = (
        f" At this scale {n_settings} settings and few repetitions show the way, with wide "
        f"intervals; default takes {len(_settings('default'))}."
        if scale == "quick"
        else ""
    )
    return [
        f"Settings: {_either(_DEPTHS)} hidden layers of {_either(space['widths'])} units, SGD with "
        f"a learning rate of {_either(space['rates'])} and batches of {_BATCH}, "
        f"{_either(space['epochs'])} epochs, on {_N_TRAIN:,} training examples. The chosen model "
        f"is kept as it was trained, without a second training on the validation set.{few}",
        f"{n} repetitions, in each of which all sets are drawn anew: the training set, {n_pairs} "
        f"pairs of a validation and a test set of {_N_TEST:,} examples each that share no example, "
        f"and {_N_FRESH:,} fresh ones. Every pair is chosen by and claimed on by itself, and a "
        f"repetition's number is the mean over its pairs, which narrows the intervals without "
        f"more training; they are 95%, Student's t over the repetitions, of differences within "
        f"each.",
        "To be seen on the fresh examples the chosen are trained again, with the same seeds. "
        "Training errors may be equal, at 0 above all: the first setting is taken, one with few "
        "layers and units.",
        f"Against the number of trials: {n_searched} of the repetitions, in which each setting is "
        f"trained from {_N_SEEDS[scale]} seeds. A trial is a setting with a seed, and a search is "
        f"m of these {n_settings * _N_SEEDS[scale]:,} trials at random; shown is the mean over all "
        f"such searches, which is exact, and over the pairs. The fresh error is on the "
        f"{_N_POOL - 2 * _N_TEST:,} evaluated examples that are in neither set of a pair.",
        f"Against the validation set's size: all {n_settings} settings in all repetitions; in "
        f"each the mean over the sets of that size that {_LARGEST:,} examples are divided into, "
        f"with the fresh error on {_N_POOL - _LARGEST:,} others.",
        "The estimates take nothing but the validation set: `genlab.measure.optimism`, "
        "`ranking_uncertainty` and `gain_over_default`; their intervals, too, are over "
        "repetitions. Another setting wins where another has the lowest error on the pair's "
        "test set. The gain over the chapter's network, two layers of 100 units at a learning "
        f"rate of 0.1, is measured on the {_N_POOL - 2 * _N_TEST:,} examples outside the pair.",
    ]


def _diverged(trials: Sequence[CellResult]) -> list[str]:
    n = sum(trial.diverged_at >= 0 for trial in trials)
    told = f"{n} of {len(trials):,} trials diverged: never chosen on training error, and on other "
    return [f"{told}sets as wrong as one class for every example is."] if n else []


def _either(values: tuple[Any, ...]) -> str:
    *first, last = (f"{value:g}" for value in values)
    return f"{', '.join(first)} or {last}" if first else last
