"""`hyperparameter-choice`: how far the best configuration's error is from its error on new data.

S. Prince, "Understanding Deep Learning", section 8.5: hyperparameters are chosen on a
validation set, and the test set is evaluated once. Here the same configurations are chosen by
training error, by validation error and, wrongly, by test error, and the error that each choice
reports is compared with its error on fresh examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from genlab._base.jsons import Row
from genlab.datasets import DataSpec
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.hyperparameter_choice.choices import (
    BY_TEST,
    BY_TRAINING,
    BY_VALIDATION,
    WAYS,
    Study,
    against_size,
    against_trials,
    estimates,
    gap_row,
    means,
    over_pairs,
)
from genlab.experiments.hyperparameter_choice.protocol import PROTOCOLS, Configuration, Protocol
from genlab.experiments.hyperparameter_choice.tables import TABLES
from genlab.experiments.hyperparameter_choice.words import answer, finding, notes
from genlab.measure import error_interval
from genlab.sweep import CellResult, TrainingCell

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]


def run(context: Context, protocol: Protocol) -> Findings:
    """Train all configurations on every repetition's data, choose, and evaluate the choices."""
    configurations = protocol.configurations
    seeds = _training_seeds(context, protocol)
    cells = [
        _cell(protocol, own[0], configuration, seed)
        for own in seeds
        for seed in own
        for configuration in configurations
    ]
    trials = context.run_cells(cells)
    results = iter(trials)
    searched = [
        _study([next(results) for _ in own for _ in configurations], protocol) for own in seeds
    ]
    studies = [study.first(len(configurations)) for study in searched]

    choices = [
        {"repetition": r, **choice} for r, study in enumerate(studies) for choice in study.choices()
    ]
    last = {
        (r, k): _cell(protocol, seeds[r][0], configurations[k], seeds[r][0], fresh=True)
        for r, k in sorted({(choice["repetition"], choice["configuration"]) for choice in choices})
    }
    ends = context.run_cells(list(last.values()))
    fresh = {key: end.end("test_error") for key, end in zip(last, ends, strict=True)}
    repetitions = [
        {
            **choice,
            **configurations[choice["configuration"]].row(),
            **gap_row(choice["reported"], fresh[choice["repetition"], choice["configuration"]]),
        }
        for choice in choices
    ]
    n_evaluated = protocol.n_pairs * protocol.n_test
    n_reported = dict.fromkeys(WAYS, n_evaluated) | {BY_TRAINING: protocol.n_train}
    by_way = {way: [row for row in repetitions if row["way"] == way] for way in WAYS}
    tables = {
        "ways": [
            {"way": way, **means(over_pairs(by_way[way]), n_reported[way], protocol.n_fresh)}
            for way in WAYS
        ],
        "against_trials": against_trials(searched[: protocol.n_searched], protocol.n_trials),
        "against_size": against_size(studies, protocol.sizes, protocol.n_divided),
        "estimates": estimates(studies, repetitions, configurations.index(protocol.default)),
        "configurations": _configuration_rows(
            configurations, studies, repetitions, protocol.n_train
        ),
        "repetitions": repetitions,
    }
    n_diverged = sum(trial.diverged_at >= 0 for trial in trials)
    return Findings(
        tables,
        [],
        answer(tables, protocol),
        [*cells, *last.values()],
        notes(protocol, n_diverged, len(trials)),
        finding=finding(tables, protocol),
    )


def _training_seeds(context: Context, protocol: Protocol) -> list[list[int]]:
    """The seeds of each repetition: the first is that of its data, too."""
    n, n_searched, more = protocol.n_repetitions, protocol.n_searched, protocol.n_seeds - 1
    seeds = context.seeds(n + n_searched * more)
    return [
        [seeds[r], *(seeds[n + r * more : n + (r + 1) * more] if r < n_searched else [])]
        for r in range(n)
    ]


def _cell(
    protocol: Protocol,
    data_seed: int,
    configuration: Configuration,
    seed: int,
    *,
    fresh: bool = False,
) -> TrainingCell:
    """A trial; with `fresh` the same one, evaluated on examples that come after the pool."""
    data: dict[str, Any] = {"seed": data_seed, "n_train": protocol.n_train}
    if fresh:
        data |= {"n_test": protocol.n_fresh, "skip": protocol.n_pool}
    else:
        data |= {"n_test": protocol.n_pool, "skip": 0}
    spec = DataSpec("mnist1d_redrawn", data)
    return TrainingCell(spec, configuration.model(), protocol.recipe(configuration), seed)


def _study(results: Sequence[CellResult], protocol: Protocol) -> Study:
    # The training error of a diverged model is NaN: it is never the lowest.
    train = np.nan_to_num([result.end("train_error") for result in results], nan=np.inf)
    wrong = np.array([result.test_wrong for result in results])
    return Study(train, wrong, protocol.n_test)


def _configuration_rows(
    configurations: list[Configuration],
    studies: Sequence[Study],
    choices: list[Row],
    n_train: int,
) -> list[Row]:
    """Mean errors of each configuration, and the fraction of choices that fell on it."""
    intervals = {
        "train_error": error_interval([study.train for study in studies], n_train),
        "validation_error": error_interval(
            [study.validation(0).mean(axis=1) for study in studies], studies[0].n
        ),
        "fresh_error": error_interval(
            [study.rest(0) for study in studies], studies[0].n_examples[1]
        ),
    }
    rows = []
    for k, configuration in enumerate(configurations):
        row: Row = {"configuration": k, **configuration.row()}
        for name, interval in intervals.items():
            row |= interval.row(name, k)
        for way in (BY_TRAINING, BY_VALIDATION, BY_TEST):
            chosen = [choice["configuration"] == k for choice in choices if choice["way"] == way]
            row[f"chosen_by_{way}"] = float(np.mean(chosen))
        rows.append({**row, "n_repetitions": len(studies)})
    return rows
