"""`variance-along-width`: which source of variance peaks at the interpolation threshold.

The slides of S. Prince, "Understanding Deep Learning", ch. 8, show that test error peaks where
every label is just fitted. Here the variance of the predicted probabilities is split by source,
with interactions, in a crossed design that is repeated (`genlab.measure.variance_components`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import DataSpec
from genlab.experiments._experiment import Context, Findings
from genlab.experiments.variance_along_width.protocol import PROTOCOLS, Protocol
from genlab.experiments.variance_along_width.tables import TABLES
from genlab.experiments.variance_along_width.words import answer, finding, notes
from genlab.measure import (
    VarianceComponents,
    ensemble_components,
    ensemble_difference,
    error_interval,
    highest_positions,
    interpolation_threshold,
    peak_test,
    variance_components,
)
from genlab.models import MLP
from genlab.sweep import CellResult, TrainingCell
from genlab.training import CURVES, Seeds

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]

# So many networks that what an ensemble removes is gone to the last digit.
_LIMIT = 10**12
# The tables of the design with batches.
_IN_BATCHES = ("components", "totals", "peaks", "errors")


class Network(NamedTuple):
    """A network of the design, by the level of each source, or of an ensemble, by its number."""

    width: int
    group: int
    in_ensemble: bool
    levels: tuple[int, ...]


def run(context: Context, protocol: Protocol) -> Findings:
    """Train the design and the ensembles at every width, and split the variance."""
    designs = [one for one in (protocol, protocol.in_batches) if one is not None]
    seeds = context.seeds(max(_n_seeds(one) for one in designs))
    networks = [
        (one, network)
        for one in designs
        for width in one.widths
        for network in _networks(width, one)
    ]
    cells = [_cell(network, seeds, one) for one, network in networks]
    found = dict(zip(networks, context.run_cells(cells), strict=True))
    labels = cells[0].data.make().y_test
    tables: dict[str, list[Row]] = {}
    for one in designs:
        results = {network: result for (of, network), result in found.items() if of is one}
        own = _tables(results, labels, one)
        tables |= own if one is protocol else {f"batch_{name}": own[name] for name in _IN_BATCHES}
    tables["networks"] = [
        _network_row(network, result, one) for (one, network), result in found.items()
    ]
    tables = {name: tables.get(name, []) for name in TABLES}
    results = {network: result for (one, network), result in found.items() if one is protocol}
    threshold = interpolation_threshold(
        protocol.widths, [_errors(width, "train_error", results) for width in protocol.widths]
    )
    return Findings(
        tables,
        [],
        answer(tables, threshold, protocol),
        cells,
        notes(protocol),
        finding=finding(tables),
    )


def _n_seeds(protocol: Protocol) -> int:
    return protocol.n_levels * protocol.n_replicates + (1 + protocol.size) * protocol.n_ensembles


def _tables(
    results: Mapping[Network, CellResult], labels: np.ndarray, protocol: Protocol
) -> dict[str, list[Row]]:
    """The tables of one design."""
    of_width = {width: _parts(width, results, labels, protocol) for width in protocol.widths}
    return {
        "components": [
            row for width in of_width for row in _component_rows(width, of_width[width])
        ],
        "totals": [row for width in of_width for row in _total_rows(width, of_width[width])],
        "peaks": _peak_rows(of_width, protocol),
        "ensembles": [
            row
            for width, parts in of_width.items()
            if protocol.n_ensembles
            for row in _ensemble_rows(width, parts, results, labels, protocol)
        ],
        "errors": [
            row for width in protocol.widths for row in _error_rows(width, results, protocol)
        ],
    }


def _networks(width: int, protocol: Protocol) -> list[Network]:
    design = np.ndindex((protocol.n_levels,) * len(protocol.sources))
    levels = [tuple(int(level) for level in one) for one in design]
    replicates, ensembles = range(protocol.n_replicates), range(protocol.n_ensembles)
    return [Network(width, group, False, one) for group in replicates for one in levels] + [
        Network(width, group, True, (i,)) for group in ensembles for i in range(protocol.size)
    ]


def _cell(network: Network, seeds: Sequence[int], protocol: Protocol) -> TrainingCell:
    """Level l of replicate r has the r-th seeds of each source; those of ensembles follow."""
    n, group = protocol.n_levels, network.group
    if network.in_ensemble:
        first = n * protocol.n_replicates
        own = first + protocol.n_ensembles + group * protocol.size + network.levels[0]
        at = [first + group, first + group, own, own]
    else:
        at = [n * group + level for level in (*network.levels, 0)]
    sample, noise, weights, batches = (seeds[i] for i in at[:4])
    data = {"seed": sample, "n_train": protocol.n_train, "n_test": protocol.n_test}
    return TrainingCell(
        DataSpec("mnist1d_resampled", data),
        _model(network.width),
        protocol.recipe,
        Seeds(label_noise=noise, initialisation=weights, batch_order=batches),
        protocol.label_noise,
        keep_outputs=True,
    )


def _model(width: int) -> MLP:
    return MLP(hidden=(width, width), init="fan_in")


def _probabilities(
    width: int, in_ensemble: bool, results: Mapping[Network, CellResult]
) -> Float[np.ndarray, "groups networks examples classes"]:
    """The predicted probabilities of the test examples; NaN of networks that diverged."""
    groups: dict[int, list[np.ndarray]] = {}
    for network, result in results.items():
        if (network.width, network.in_ensemble) == (width, in_ensemble):
            assert result.test_outputs is not None
            outputs = np.asarray(result.test_outputs, float)
            outputs = outputs if result.diverged_at < 0 else np.full(outputs.shape, np.nan)
            groups.setdefault(network.group, []).append(outputs)
    with np.errstate(invalid="ignore"):
        return np.asarray(scipy.special.softmax(np.array(list(groups.values())), axis=-1))


def _parts(
    width: int, results: Mapping[Network, CellResult], labels: np.ndarray, protocol: Protocol
) -> VarianceComponents:
    """The parts of the Brier score of the design."""
    found = _probabilities(width, False, results)
    levels = (protocol.n_levels,) * len(protocol.sources)
    shaped = found.reshape(len(found), *levels, *found.shape[2:])
    return variance_components(shaped, protocol.sources, labels)


def _component_rows(width: int, parts: VarianceComponents) -> list[Row]:
    names = list(parts.components)
    highest = highest_positions([parts.by_replicate[name] for name in names], paired=True)
    return [
        {
            "capacity": width,
            "component": name,
            **part.row(),
            "n": int(part.n),
            "reason": parts.reason,
            "may_be_largest": place in highest,
        }
        for place, (name, part) in enumerate(parts.components.items())
    ]


def _total_rows(width: int, parts: VarianceComponents) -> list[Row]:
    assert parts.bias_squared is not None
    assert parts.loss is not None
    named = {
        **parts.total_effects,
        "variance": parts.variance,
        "bias_squared_and_noise": parts.bias_squared,
        "loss": parts.loss,
    }
    return [
        {"capacity": width, "part": name, **part.row(), "n": int(part.n)}
        for name, part in named.items()
    ]


def _peak_rows(of_width: Mapping[int, VarianceComponents], protocol: Protocol) -> list[Row]:
    """Whether each sum of components, the bias and the loss rise to a peak and fall again."""

    def values(part: str, parts: VarianceComponents) -> Float[np.ndarray, " replicates"]:
        bias, found = "bias_squared", parts.by_replicate
        among = {
            "loss": [*found],
            "variance": [name for name in found if name != bias],
            "bias_squared_and_noise": [bias],
        }.get(part, [name for name in found if part in name.split(":")])
        kept = [found[name] for name in among]
        return np.sum(kept, axis=0)

    rows = []
    for part in (*protocol.sources, "variance", "bias_squared_and_noise", "loss"):
        test = peak_test([values(part, parts) for parts in of_width.values()])
        before, top, after = (protocol.widths[i] for i in (test.before, test.top, test.after))
        rows.append(
            {
                "part": part,
                "before": before,
                "capacity": top,
                "after": after,
                **test.rise.row("rise"),
                **test.fall.row("fall"),
                "found": test.found,
            }
        )
    return rows


def _ensemble_rows(
    width: int,
    parts: VarianceComponents,
    results: Mapping[Network, CellResult],
    labels: np.ndarray,
    protocol: Protocol,
) -> list[Row]:
    members = _probabilities(width, True, results)
    measured, difference = ensemble_difference(members, labels, parts, protocol.over)
    named = {
        "single": parts.loss,
        "predicted": ensemble_components(parts, protocol.size, protocol.over).loss,
        "measured": measured,
        "difference": difference,
        "limit": ensemble_components(parts, _LIMIT, protocol.over).loss,
    }
    return [
        {"capacity": width, "quantity": name, **part.row(), "n": int(part.n)}
        for name, part in named.items()
        if part is not None
    ]


def _errors(
    width: int, curve: str, results: Mapping[Network, CellResult]
) -> Float[np.ndarray, " replicates"]:
    """The mean error of each replicate."""
    groups: dict[int, list[float]] = {}
    for network, result in results.items():
        if network.width == width and not network.in_ensemble:
            groups.setdefault(network.group, []).append(float(getattr(result, curve)[-1]))
    return np.array([np.mean(errors) for errors in groups.values()])


def _error_rows(width: int, results: Mapping[Network, CellResult], protocol: Protocol) -> list[Row]:
    rows = []
    for curve, n in (("train_error", protocol.n_train), ("test_error", protocol.n_test)):
        interval = error_interval(_errors(width, curve, results), n)
        rows.append(
            {
                "capacity": width,
                "n_parameters": _model(width).n_parameters((40,), 10),
                "curve": curve,
                **interval.row(),
                "n": int(interval.n),
            }
        )
    return rows


def _network_row(network: Network, result: CellResult, protocol: Protocol) -> Row:
    return {
        "batch_size": protocol.recipe.batch_size or protocol.n_train,
        "capacity": network.width,
        "group": network.group,
        "in_ensemble": network.in_ensemble,
        "levels": list(network.levels),
        **{curve: float(getattr(result, curve)[-1]) for curve in CURVES},
    }
