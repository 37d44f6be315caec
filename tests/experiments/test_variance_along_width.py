"""`variance-along-width`: its design, its sums by brute force, and a small run."""

import dataclasses

import numpy as np
import pytest
from experiments.quick import by, drawn, ran_here
from scipy.special import softmax

from genlab._base.words import estimate
from genlab.datasets import LabelNoise, resample_mnist1d
from genlab.experiments.variance_along_width import PROTOCOLS, Protocol, _cell, _networks
from genlab.experiments.variance_along_width.figures import (
    components_table,
    ensembles_table,
    parts_table,
    sources_table,
)
from genlab.experiments.variance_along_width.protocol import Minibatches
from genlab.experiments.variance_along_width.words import (
    answer,
    component_name,
    course,
    finding,
    peaking_sources,
    prediction_told,
)
from genlab.measure import interpolation_threshold
from genlab.training import Recipe, Seeds

RECIPE = Recipe.adam(0.01, batch_size=None, steps=40, evaluate_every=40)
IN_BATCHES = Recipe.sgd(0.1, batch_size=20, steps=10, evaluate_every=10)
TINY = Protocol(
    (3, 6),
    7,
    2,
    2,
    n_train=60,
    n_test=30,
    recipe=RECIPE,
    minibatches=Minibatches((3, 6), 6, IN_BATCHES),
)
BATCHES = dataclasses.replace(TINY, recipe=IN_BATCHES, minibatches=None)
KEPT = {}


def run_cell(cell):
    """Its result; one network of the design, of the last replicate at width 6, has diverged."""
    result = KEPT[cell] = cell.run()
    if (cell.model.hidden, cell.data.arguments["seed"], cell.seed.label_noise) == ((6, 6), 13, 12):
        return dataclasses.replace(result, diverged_at=0)
    return result


@pytest.fixture(scope="module")
def result():
    return ran_here("variance-along-width", TINY, run_cell)


def test_what_is_trained():
    for scale, steps in (("quick", 1000), ("default", 2000), ("paper", 4000)):
        assert PROTOCOLS[scale].recipe == Recipe.adam(
            0.005, batch_size=None, steps=steps, evaluate_every=steps
        )
        assert PROTOCOLS[scale].label_noise == LabelNoise(0.15, "redraw")
    assert TINY.sources == ("training_sample", "label_noise", "initial_weights")
    assert TINY.over == ("initial_weights",)
    assert BATCHES.sources == (*TINY.sources, "batch_order")
    assert BATCHES.over == ("initial_weights", "batch_order")
    assert BATCHES.in_batches is None
    for protocol in (TINY, *PROTOCOLS.values()):
        assert protocol.in_batches.sources == BATCHES.sources
        assert protocol.in_batches.n_replicates >= 6  # fewer have no interval


@pytest.mark.parametrize(("protocol", "n_sources"), [(TINY, 3), (BATCHES, 4)])
def test_every_level_meets_every_other_and_replicates_share_nothing(protocol, n_sources):
    seeds = list(range(100, 130))
    networks = _networks(3, protocol)
    design = {n: _cell(n, seeds, protocol) for n in networks if not n.in_ensemble}
    used = {}
    for network, cell in design.items():
        each = (cell.data.arguments["seed"], *dataclasses.astuple(cell.seed))[:n_sources]
        used.setdefault(network.group, set()).add(each)
    for replicate, combinations in used.items():
        levels = {100 + 2 * replicate, 101 + 2 * replicate}
        assert len(combinations) == 2**n_sources
        assert {seed for each in combinations for seed in each} == levels
    ensembles = {n: _cell(n, seeds, protocol) for n in networks if n.in_ensemble}
    shared, own = {}, []
    for network, cell in ensembles.items():
        assert cell.data.arguments["seed"] == cell.seed.label_noise
        assert cell.seed.initialisation == cell.seed.batch_order
        shared.setdefault(network.group, set()).add(cell.seed.label_noise)
        own.append(cell.seed.initialisation)
    assert shared == {0: {114}, 1: {115}}
    assert own == [116, 117, 118, 119]


def predicted(result_of, width, recipe):
    """Replicate -> level of each source -> probabilities, from the seeds of the cells."""
    found = {}
    for cell, result in result_of.items():
        sample = cell.data.arguments["seed"]
        if cell.model.hidden == (width, width) and sample < 14 and cell.recipe == recipe:
            seeds = (sample, *dataclasses.astuple(cell.seed))
            levels = tuple(seed % 2 for seed in seeds[: 3 if recipe is RECIPE else 4])
            one = softmax(result.test_outputs.astype(float), axis=1)
            found.setdefault(sample // 2, {})[levels] = one
    return found


@pytest.mark.parametrize(
    ("design", "width", "n"), [("", 3, 7), ("", 6, 6), ("batch_", 3, 6), ("batch_", 6, 6)]
)
def test_the_sums_by_brute_force(result, design, width, n):
    labels = np.eye(10)[resample_mnist1d(0, 60, 30).y_test]
    recipe = IN_BATCHES if design else RECIPE
    sources = BATCHES.sources if design else TINY.sources
    replicates = list(predicted(KEPT, width, recipe).values())[:n]
    assert [len(one) for one in replicates] == [2 ** len(sources)] * n
    scores = [((p - labels) ** 2).sum(axis=1).mean() for one in replicates for p in one.values()]

    def half_differences(flipped):
        return np.mean(
            [
                ((p - one[tuple(a ^ b for a, b in zip(levels, flipped, strict=True))]) ** 2)
                .sum(axis=1)
                .mean()
                / 2
                for one in replicates
                for levels, p in one.items()
            ]
        )

    totals = by(result.tables[design + "totals"], "capacity", "part")
    alone = np.eye(len(sources), dtype=int)
    wanted = {
        "loss": np.mean(scores),
        "variance": half_differences(np.ones(len(sources), int)),
        **{source: half_differences(flip) for source, flip in zip(sources, alone, strict=True)},
    }
    for part, value in wanted.items():
        assert totals[width, part]["estimate"] == pytest.approx(value)
        assert totals[width, part]["n"] == n
        assert totals[width, part]["low"] < value < totals[width, part]["high"]
    components = [row for row in result.tables[design + "components"] if row["capacity"] == width]
    assert len(components) == 2 ** len(sources) - 1
    assert sum(row["estimate"] for row in components) == pytest.approx(wanted["variance"])
    bias = totals[width, "bias_squared_and_noise"]["estimate"]
    assert bias + wanted["variance"] == pytest.approx(wanted["loss"])


def test_ensembles_are_measured_with_other_networks(result):
    labels = np.eye(10)[resample_mnist1d(0, 60, 30).y_test]
    rows = by(result.tables["ensembles"], "capacity", "quantity")
    for width in TINY.widths:
        pairs = {}
        for cell, one in KEPT.items():
            if cell.model.hidden == (width, width) and cell.data.arguments["seed"] >= 14:
                probabilities = softmax(one.test_outputs.astype(float), axis=1)
                pairs.setdefault(cell.data.arguments["seed"], []).append(probabilities)
        scores = [((np.mean(p, axis=0) - labels) ** 2).sum(axis=1).mean() for p in pairs.values()]
        assert len(scores) == 2
        single, predicted_, measured = (
            rows[width, quantity]["estimate"] for quantity in ("single", "predicted", "measured")
        )
        assert measured == pytest.approx(np.mean(scores))
        assert rows[width, "difference"]["estimate"] == pytest.approx(measured - predicted_)
        totals = by(result.tables["totals"], "capacity", "part")
        weights = totals[width, "initial_weights"]["estimate"]
        assert single - predicted_ == pytest.approx(weights / 2)
        assert single - rows[width, "limit"]["estimate"] == pytest.approx(weights)


def test_a_network_by_hand(result):
    row = next(
        row
        for row in result.tables["networks"]
        if (row["capacity"], row["group"], row["levels"]) == (6, 2, [1, 0, 1])
        and row["batch_size"] == 60
    )
    cell = next(
        cell
        for cell in KEPT
        if (cell.model.hidden, cell.data.arguments["seed"], cell.seed)
        == ((6, 6), 5, Seeds(4, 5, 4))
        and cell.recipe == RECIPE
    )
    assert not row["in_ensemble"]
    assert row["test_error"] == float(KEPT[cell].test_error[-1])


def test_figures_hold_the_tables(result):
    found = drawn(result)
    assert list(found) == ["sources", "components", "loss", "ensembles", "batches"]
    assert len(sources_table(result, "batch_totals")) == 2 * 4
    assert len(sources_table(result)) == len(parts_table(result)) == 2 * 3
    assert len(ensembles_table(result)) == 2 * 4
    assert {row["kind"] for row in components_table(result)} == {"main effects", "interactions"}
    for row, shown in zip(result.tables["components"], components_table(result), strict=True):
        assert shown["estimate"] == row["estimate"]
        assert shown["name"] == component_name(row["component"])


THRESHOLD = interpolation_threshold(TINY.widths, [[0.5, 0.4], [0.0, 0.0]])


def test_a_peak_is_claimed_only_where_it_is_shown(result):
    tables = dict(result.tables)
    told = "No peak of the variance of the predicted probabilities along width is shown."
    assert answer(tables, THRESHOLD, TINY).startswith(told)
    assert "A peak at" not in peaking_sources(tables)
    tables["peaks"] = [
        {**row, "found": True, "rise": 0.2, "rise_low": 0.1, "rise_high": 0.3}
        | {"before": 3, "capacity": 6, "after": 6, "fall": 0.0, "fall_low": -0.1, "fall_high": 0.1}
        for row in tables["peaks"]
    ]
    text = answer(tables, THRESHOLD, TINY)
    assert text.startswith("The variance of the predicted probabilities peaks along width. At ")
    assert "between width 3 and width 6" in text
    assert peaking_sources(tables) == (
        "A peak at width 6 is shown for training sample, label noise and initial weights."
    )
    assert course(tables, "variance") == (
        "The variance peaks: it rises by 0.200 [0.100, 0.300] from width 3 to width 6, and falls "
        "by 0.000 [−0.100, 0.100] from there to width 6."
    )


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (
            3,
            "its largest rise is 0.200 [−0.100, 0.300] from width 3 to width 6, and its fall "
            "0.000 [−0.100, 0.100] from there to width 6.",
        ),
        (6, "its mean never rises from one width to the next."),
    ],
)
def test_what_is_told_of_a_curve_without_a_peak(before, told):
    row = {"part": "bias_squared_and_noise", "before": before, "capacity": 6, "found": False}
    row |= {"rise": 0.2, "rise_low": -0.1, "rise_high": 0.3, "after": 6}
    row |= {"fall": 0.0, "fall_low": -0.1, "fall_high": 0.1}
    tables = {"peaks": [row]}
    assert course(tables, "bias_squared_and_noise") == f"Bias² with noise shows no peak: {told}"


def test_ensembles_and_batch_order_are_told_with_their_intervals(result):
    totals = by(result.tables["totals"], "capacity", "part")
    width = max(TINY.widths, key=lambda width: totals[width, "variance"]["estimate"])
    ensembles = by(result.tables["ensembles"], "capacity", "quantity")
    text = answer(result.tables, THRESHOLD, TINY)
    measured, single = (estimate(ensembles[width, name], 3) for name in ("measured", "single"))
    assert f"width {width} is {measured}; that of a single network is {single}." in text
    assert estimate(ensembles[width, "difference"], 3) in prediction_told(result.tables, width)
    totals = by(result.tables["batch_totals"], "capacity", "part")
    width = max(TINY.widths, key=lambda width: totals[width, "variance"]["estimate"])
    alone = by(result.tables["batch_components"], "capacity", "component")[width, "batch_order"]
    assert "With batches of 20 examples their order is a fourth source. At width " in text
    assert f"{width}, where the variance is then highest, the main effect" in text
    assert f"main effect of batch order is {estimate(alone, 3)}, and the " in text
    alone = dataclasses.replace(TINY, minibatches=None)
    assert "With batches of" not in answer(result.tables, THRESHOLD, alone)


def test_the_largest_component_is_named_only_beyond_chance(result):
    assert all(
        sum(row["may_be_largest"] for row in result.tables["components"] if row["capacity"] == w)
        for w in TINY.widths
    )
    rows = [{**row, "may_be_largest": True} for row in result.tables["components"]]
    both = [{**row, "may_be_largest": True} for row in result.tables["batch_components"]]
    told = answer(result.tables | {"batch_components": both}, THRESHOLD, TINY)
    assert " may contribute most: " in told.split("main effect of batch order is")[1]
    tables = {**result.tables, "components": rows}
    assert "Each of " in answer(tables, THRESHOLD, TINY)
    assert "may contribute most" in finding(tables)
    assert len(finding(tables).split()) <= 25
    names = {row["component"]: row["estimate"] for row in rows if row["capacity"] == 6}
    top = max(names, key=names.get)
    tables["components"] = [{**row, "may_be_largest": row["component"] == top} for row in rows]
    tables["totals"] = [  # the variance is largest at width 6
        {**row, "estimate": row["capacity"]} for row in result.tables["totals"]
    ]
    assert "Each of " not in answer(tables, THRESHOLD, TINY)
    assert "contributes most" in finding(tables)
