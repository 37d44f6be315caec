"""The sentences of `between-points`."""

from __future__ import annotations

from collections.abc import Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate
from genlab.experiments.between_points.distances import log10_examples
from genlab.experiments.between_points.protocol import Protocol


def answer(random: Sequence[Row], real: Sequence[Row], protocol: Protocol) -> str:
    """The finding, then its numbers."""
    ratios = [
        f"{estimate(row, 0 if row['inputs'] < 10 else 2)} with {row['inputs']:,}"
        for row in random
        if (row["data"], row["quantity"]) == ("normal", "largest_over_smallest")
        and row["inputs"] in protocol.quoted_inputs
    ]
    nearest = {row["data"]: row for row in real if row["quantity"] == "nearest_over_mean"}
    equivalent = {row["data"]: row for row in real if row["quantity"] == "equivalent_inputs"}
    sets = " ".join(
        f"In {name} ({row['inputs']} inputs) the nearest neighbour is at {estimate(row, 3)} of "
        f"the mean distance, as among normal points with {estimate(equivalent[name], 1)} inputs."
        for name, row in nearest.items()
    )
    return (
        "The more inputs there are, the less distances between points differ. Among "
        f"{protocol.n_points:,} normal points, the largest distance divided by the smallest is "
        f"{_listed(ratios)} inputs. Real examples have closer neighbours than random points with "
        f"as many inputs. {sets}"
    )


def finding(random: Sequence[Row]) -> str:
    """The answer in one sentence."""
    *_, most = (
        row
        for row in random
        if (row["data"], row["quantity"]) == ("normal", "largest_over_smallest")
    )
    return (
        "The more inputs there are, the less distances between points differ: with "
        f"{most['inputs']:,} inputs, the largest is {estimate(most, 2)} times the smallest."
    )


def notes(real: Sequence[Row], protocol: Protocol) -> list[str]:
    """Over what the intervals are taken, the lower bound, and the equivalent inputs."""
    subsets = {row["data"]: row["n_draws"] for row in real}
    counts = _listed([f"{n} of {name}" for name, n in subsets.items()])
    radius = protocol.radii[0]
    needed = _listed(
        [f"10^{log10_examples(d, radius):.0f} with {d:,} inputs" for d in (10, 100, 1_000)]
    )
    return [
        f"Intervals: 95%, over {protocol.n_draws} independent draws of {protocol.n_points:,} "
        f"points; for real data over disjoint subsets of {protocol.n_points:,} training examples "
        f"({counts}).",
        "The largest distance divided by the smallest is a median over draws. With 2 inputs the "
        "probability of a smallest distance below r falls only as r², so the variance of that "
        "ratio is infinite and its mean has no valid interval. Real data have too few subsets for "
        "an interval of the median, so the ratio is not given for them.",
        "At least this many examples are needed for every point of the unit cube to have a "
        f"neighbour within {radius:g}: {needed}. This lower bound is the volume of the cube "
        "divided by that of a ball. It is computed exactly, so it has no interval.",
        "The number of inputs with which normal points have equally close neighbours is read from "
        "the measured curve, a monotone cubic in the logarithm of the inputs. Its interval is "
        "that of the real data's distances.",
    ]


def _listed(items: Sequence[str]) -> str:
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else "".join(items)
