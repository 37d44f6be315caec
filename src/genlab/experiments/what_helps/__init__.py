"""`what-helps`: more examples, or a model that knows which positions are neighbours.

The four models of the MNIST-1D paper (Greydanus & Kobak, ICML 2024) on 100 to 64,000 fresh
examples, and how many of them the MLP needs for the CNN's error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from genlab._base.jsons import Row
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.what_helps.learning_curves import (
    Errors,
    band_rows,
    fit_rows,
    law_rows,
    power_laws,
    worth_rows,
)
from genlab.experiments.what_helps.protocol import (
    BASELINE,
    COMPARED,
    PAPER,
    PROTOCOLS,
    PUBLISHED,
    PUBLISHED_SIZE,
    REASON,
    Protocol,
    tolerance,
)
from genlab.experiments.what_helps.tables import TABLES
from genlab.experiments.what_helps.words import POSITIONS, answer, finding, notes
from genlab.measure import Comparison, compare, percent_interval
from genlab.models import ModelSpec
from genlab.sweep import CellResult, TrainingCell
from genlab.training import CURVES

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]

# (Positions, model) -> its test errors.
_AllErrors = Mapping[tuple[str, str], Errors]


class _Run(NamedTuple):
    positions: str
    model: str
    n_train: int
    seed: int


def run(context: Context, protocol: Protocol) -> Findings:
    """Train every model on every number of examples, and compare the MLP with the others."""
    seeds = context.seeds(protocol.n_seeds)
    runs = [
        _Run(positions, model, n, seed)
        for positions, sizes in protocol.sizes.items()
        for n in sizes
        for seed in seeds
        for model in protocol.models[positions]
    ]
    cells = [
        TrainingCell(
            protocol.data(key.positions, key.n_train, key.seed),
            protocol.models[key.positions][key.model],
            protocol.recipe,
            key.seed,
        )
        for key in runs
    ]
    results = dict(zip(runs, context.run_cells(cells), strict=True))
    errors = {
        (positions, model): np.array(
            [
                [results[_Run(positions, model, n, seed)].test_error[-1] for n in sizes]
                for seed in seeds
            ]
        )
        for positions, sizes in protocol.sizes.items()
        for model in protocol.models[positions]
    }
    tables = _tables(protocol, errors)
    tables["networks"] = [
        _network_row(key, protocol.models[key.positions][key.model], result)
        for key, result in results.items()
    ]
    return Findings(
        tables=tables,
        published=_published(protocol, errors),
        answer=answer(protocol, errors, tables["worth"]),
        cells=cells,
        notes=notes(protocol, tables["networks"]),
        finding=finding(protocol, tables["worth"]),
    )


def _tables(protocol: Protocol, errors: _AllErrors) -> dict[str, list[Row]]:
    """The tables that are made of the errors."""
    tables: dict[str, list[Row]] = {"worth": [], "bands": [], "power_law": [], "fits": []}
    laws = {
        key: power_laws(protocol.sizes[key[0]], own, protocol.fit_from)
        for key, own in errors.items()
    }
    for (positions, model), own in errors.items():
        sizes, spec = protocol.sizes[positions], protocol.models[positions][model]
        rows = {
            "bands": band_rows(sizes, own, spec.n_parameters((40,), 10), protocol.n_test),
            "power_law": law_rows(own, laws[positions, model]),
            "fits": fit_rows(own, laws[positions, model]),
        }
        if model in COMPARED:
            baseline = positions, BASELINE
            rows["worth"] = worth_rows(
                sizes, own, errors[baseline], laws[baseline], protocol.n_test
            )
        for name in rows:
            tables[name] += [{"positions": positions, "model": model, **row} for row in rows[name]]
    tables["published_points"] = [
        {
            "positions": positions,
            "model": model,
            "value": PUBLISHED[positions][model] / 100,
            "n_train": PUBLISHED_SIZE,
            "source": PAPER,
        }
        for positions, model in errors
    ]
    return tables


def _network_row(key: _Run, spec: ModelSpec, result: CellResult) -> Row:
    return {
        "positions": key.positions,
        "model": key.model,
        "n_parameters": spec.n_parameters((40,), 10),
        "n_train": key.n_train,
        "label_noise": 0.0,
        "seed": key.seed,
        "step": int(result.steps[-1]),
        **{curve: float(getattr(result, curve)[-1]) for curve in CURVES},
        "lowest_test_error": float(np.nanmin(result.test_error)),
    }


def _published(protocol: Protocol, errors: _AllErrors) -> list[Comparison]:
    return [
        compare(
            f"test error with {PUBLISHED_SIZE:,} examples (%), {model}, {POSITIONS[positions]}",
            PUBLISHED[positions][model],
            percent_interval(
                100 * values[:, protocol.sizes[positions].index(PUBLISHED_SIZE)], protocol.n_test
            ),
            tolerance(PUBLISHED[positions][model]),
            PAPER,
            reason=REASON,
            comparable=protocol.recipe == PROTOCOLS["paper"].recipe,
        )
        for (positions, model), values in errors.items()
        if PUBLISHED_SIZE in protocol.sizes[positions]
    ]
