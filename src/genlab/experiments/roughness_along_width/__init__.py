"""`roughness-along-width`: whether networks become smoother where test error falls again.

S. Prince, "Understanding Deep Learning", section 8.4: past the interpolation threshold the
training error cannot fall, so whatever lowers the test error must happen between the data points.
Here the predicted probabilities are followed on straight paths from training examples to other
examples (`genlab.measure.path_roughness`), for networks of the chapter's kind of many widths.
Beside them stands the toy model, whose roughness is known exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import (
    PATH_ENDS,
    DataSpec,
    example_pair,
    make_toy_regression,
    values_on_paths,
)
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._labels import LABELS, noise_of
from genlab.experiments._peak_words import peak_row, threshold_row
from genlab.experiments._toy import roughness_of_truth
from genlab.experiments.roughness_along_width.protocol import PROTOCOLS, Protocol
from genlab.experiments.roughness_along_width.tables import TABLES
from genlab.experiments.roughness_along_width.toy import exact_rows
from genlab.experiments.roughness_along_width.words import QUANTITIES, answer, finding, notes
from genlab.measure import (
    PeakTest,
    error_interval,
    highest_positions,
    interpolation_threshold,
    loss_interval,
    pairwise_intervals,
    path_roughness,
    peak_test,
)
from genlab.models import MLP
from genlab.sweep import CellResult, TrainingCell
from genlab.training import class_probabilities

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]

Values = Float[np.ndarray, "seeds widths"]


class Place(NamedTuple):
    """One network."""

    labels: str
    seed: int
    width: int


class Curve(NamedTuple):
    """What is measured, on which paths, of networks with which labels."""

    labels: str
    paths: str
    quantity: str

    def row(self) -> Row:
        """Its columns."""
        return self._asdict()


def run(context: Context, protocol: Protocol) -> Findings:
    """Train every width on every training set, and follow the networks on paths."""
    seeds = context.seeds(protocol.n_datasets)
    places = [
        Place(labels, seed, width)
        for labels in LABELS
        for seed in seeds
        for width in protocol.widths
    ]
    cells = [_cell(place, protocol) for place in places]
    results = dict(zip(places, context.run_cells(cells), strict=True))
    specs = {place: cell.data for place, cell in zip(places, cells, strict=True)}
    labels = DataSpec.of(cells[0].data.arguments["of"]).make().y_test
    measured = {
        place: _measured(result, specs[place], labels, protocol)
        for place, result in results.items()
    }
    curves = {
        Curve(kind, *key): np.array(
            [
                [measured[Place(kind, seed, width)][key] for width in protocol.widths]
                for seed in seeds
            ]
        )
        for kind in LABELS
        for key in next(iter(measured.values()))
    }
    told = {curve: values for curve, values in curves.items() if curve.quantity != "train_error"}
    tests = {curve: peak_test(list(values.T), paired=True) for curve, values in told.items()}
    problem = make_toy_regression(protocol.toy_points, design="grid")
    tables = {
        "descents": [
            row
            for curve, values in told.items()
            for row in _descent_rows(
                curve, values, tests[Curve(curve.labels, "none", "test_error")], protocol
            )
        ],
        "peaks": [_peak_row(curve, test, protocol) for curve, test in tests.items()],
        "highest": [
            {**curve.row(), "capacity": protocol.widths[i]}
            for curve, values in told.items()
            for i in highest_positions(list(values.T), paired=True)
        ],
        "thresholds": [
            threshold_row(
                kind,
                interpolation_threshold(
                    protocol.widths, list(curves[Curve(kind, "none", "train_error")].T)
                ),
            )
            for kind in LABELS
        ],
        "curves": [row for curve in curves for row in _curve_rows(curve, curves[curve], protocol)],
        "toy": exact_rows(problem, protocol.toy_capacities, protocol.toy_inputs),
        "toy_truth": [roughness_of_truth(problem)],
        **_example(seeds[0], results, specs, protocol),
        "networks": [
            row for place in places for row in _network_rows(place, measured[place], protocol)
        ],
    }
    return Findings(
        tables,
        [],
        answer(tables, protocol),
        cells,
        notes(protocol),
        finding=finding(tables),
    )


def _cell(place: Place, protocol: Protocol) -> TrainingCell:
    sizes = {"n_train": protocol.n_train, "n_test": protocol.n_test}
    whole = DataSpec("mnist1d_resampled", {"seed": place.seed, **sizes})
    paths = {"n_paths": protocol.n_paths, "n_places": protocol.n_places}
    return TrainingCell(
        DataSpec.of_part("paths", whole, **paths),
        _model(place.width),
        protocol.recipe,
        place.seed,
        noise_of(place.labels, protocol.label_noise),
        keep_outputs=True,
    )


def _model(width: int) -> MLP:
    return MLP(hidden=(width, width), init="fan_in")


def _measured(
    result: CellResult, spec: DataSpec, labels: np.ndarray, protocol: Protocol
) -> dict[tuple[str, str], float]:
    """Errors, and the means over paths; NaN for a network that diverged."""
    keys = [(to, name) for to in PATH_ENDS for name in QUANTITIES]
    if result.diverged_at >= 0 or result.test_outputs is None:
        errors = {("none", name): math.nan for name in ("train_error", "test_error")}
        return errors | dict.fromkeys(keys, math.nan)
    probabilities = class_probabilities(result.test_outputs, protocol.recipe.loss)
    test, paths = values_on_paths(spec, probabilities)
    rough = {to: path_roughness(paths[to]) for to in PATH_ENDS}
    return {
        ("none", "train_error"): result.end("train_error"),
        ("none", "test_error"): float(np.mean(test.argmax(axis=1) != labels)),
        **{(to, name): float(getattr(rough[to], name).mean()) for to, name in keys},
    }


def _descent_rows(
    curve: Curve, values: Values, of_error: PeakTest, protocol: Protocol
) -> list[Row]:
    """How much a quantity falls along the second descent of the test error, and along all widths.

    The intervals hold for all pairs of widths at once, so the pair may be picked.
    """
    pairs = pairwise_intervals(list(values.T), paired=True)
    spans = {
        "second_descent": (of_error.top, of_error.after),
        "all_widths": (0, len(protocol.widths) - 1),
    }
    return [
        {
            **curve.row(),
            "span": span,
            "from": protocol.widths[start],
            "to": protocol.widths[stop],
            **pairs.row(index=(stop, start)),
            "found": bool(pairs.low[stop, start] > 0),
            "n_seeds": int(pairs.n[stop, start]),
        }
        for span, (start, stop) in spans.items()
    ]


def _peak_row(curve: Curve, test: PeakTest, protocol: Protocol) -> Row:
    return {
        **curve.row(),
        **peak_row(test, protocol.widths),
        "found": test.found,
        "n_seeds": int(test.rise.n),
    }


def _curve_rows(curve: Curve, values: Values, protocol: Protocol) -> list[Row]:
    """Means over training sets, with intervals that stay where the quantity can be."""
    if curve.quantity == "neither_fraction":
        interval = error_interval(values)
    elif curve.quantity.endswith("_error"):
        of_test = curve.quantity == "test_error"
        interval = error_interval(values, protocol.n_test if of_test else protocol.n_train)
    else:
        interval = loss_interval(values)
    return [
        {
            **curve.row(),
            "capacity": width,
            **interval.row(index=i),
            "n_seeds": int(interval.n[i]),
        }
        for i, width in enumerate(protocol.widths)
    ]


def _example(
    seed: int,
    results: Mapping[Place, CellResult],
    specs: Mapping[Place, DataSpec],
    protocol: Protocol,
) -> dict[str, list[Row]]:
    """The first path of the first training set, to an example of the same class."""
    rows: list[Row] = []
    for width in protocol.shown_widths:
        place = Place("noisy", seed, width)
        outputs = results[place].test_outputs
        if outputs is None or results[place].diverged_at >= 0:
            continue
        probabilities = class_probabilities(outputs, protocol.recipe.loss)
        path = values_on_paths(specs[place], probabilities).paths["same"][0]
        rows += [
            {
                "capacity": width,
                "place": i / (protocol.n_places - 1),
                "class": c,
                "probability": float(path[i, c]),
            }
            for i, c in np.ndindex(path.shape)
        ]
    spec = specs[Place("noisy", seed, protocol.widths[0])]
    data = DataSpec.of(spec.arguments["of"]).make()
    pair = example_pair(data, 0, "same")
    noisy = protocol.label_noise.labels(data.y_train, data.n_classes, seed)
    ends = [
        {
            "end": name,
            "row": row,
            "label": int(data.y_train[row]),
            "noisy_label": int(noisy[row]),
        }
        for name, row in (("start", pair.start), ("end", pair.end))
    ]
    return {"example": rows, "example_ends": ends}


def _network_rows(
    place: Place, measured: Mapping[tuple[str, str], float], protocol: Protocol
) -> list[Row]:
    noise = noise_of(place.labels, protocol.label_noise)
    return [
        {
            "capacity": place.width,
            "n_parameters": _model(place.width).n_parameters((40,), 10),
            "label_noise": 0.0 if noise is None else noise.fraction,
            "seed": place.seed,
            "train_error": measured["none", "train_error"],
            "test_error": measured["none", "test_error"],
            "paths": to,
            **{name: measured[to, name] for name in QUANTITIES},
        }
        for to in PATH_ENDS
    ]
