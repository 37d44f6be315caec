"""The sentences of `toy-data`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from genlab._base.jsons import Row
from genlab._base.words import estimate, listed, percent
from genlab.experiments.toy_data.protocol import Protocol

NOTES = [
    "Intervals: 95%, over fresh targets: Wilson's for the fractions, Student's t for the variance. "
    "The fitted offset, slopes and errors describe one data set, so they have no interval.",
]


def knots(n_hidden: int) -> str:
    """Where the hidden units begin to rise, as fractions."""
    return listed([str(Fraction(d, n_hidden)) for d in range(n_hidden)])


def answer(tables: Mapping[str, list[Row]], protocol: Protocol) -> str:
    """What the data are, and what is fitted to them."""
    noise, errors = ({row["quantity"]: row for row in tables[name]} for name in ("noise", "errors"))
    within = noise["within_2_sd"]
    offset, *slopes = (row["value"] for row in tables["model"])
    slopes_text = listed([f"{slope:.1f}".replace("-", "−") for slope in slopes])
    return (
        "The data are values of a known function, exp(sin 2πx), plus normal noise of standard "
        f"deviation {protocol.noise:g}. Of {within['n_targets']:,} fresh targets, "
        f"{percent(within, 2)} lie within two standard deviations of the function (normal "
        f"distribution: {100 * within['expected']:.2f}%). Their variance around it is "
        f"{estimate(noise['variance'], 4)} (exact: {protocol.noise**2:g}). The model is an offset "
        f"plus {protocol.model.n_hidden} hidden units. Each is a straight line that rises from a "
        f"knot; the knots are at {knots(protocol.model.n_hidden)}. Least squares on "
        f"{protocol.n_points} points gives an offset of {offset:.2f} and slopes of {slopes_text}. "
        f"Its mean squared error is {errors['train']['value']:.3f} on these points, and its mean "
        f"squared distance from the function is {errors['distance']['value']:.3f}."
    )


def finding(tables: Mapping[str, list[Row]]) -> str:
    """The answer in one sentence."""
    within = next(row for row in tables["noise"] if row["quantity"] == "within_2_sd")
    return (
        f"The data are exp(sin 2πx) plus noise; {percent(within)} of fresh targets lie within two "
        f"standard deviations of this function."
    )
