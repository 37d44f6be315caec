"""The sentences of `toy-double-descent`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate
from genlab.experiments.toy_double_descent.protocol import Protocol


def answer(landmarks: Sequence[Row], protocol: Protocol) -> str:
    """The finding, then its numbers."""
    marks = {(row["design"], row["ridge"], row["landmark"]): row for row in landmarks}
    names = ("first_minimum", "peak", "second_minimum", "largest_capacity")
    first, peak, second, last = (marks["grid", 0.0, name] for name in names)
    random_first, random_peak, random_second, random_last = (
        marks["stratified", 0.0, name] for name in names
    )
    fixed_ridge, random_ridge = (
        marks[design, protocol.ridge, "units_equal_points"] for design in ("grid", "stratified")
    )
    threshold = marks["grid", 0.0, "threshold"]["capacity"]
    # With fixed inputs the errors are exact, and so is the peak.
    fixed_peak = peak["estimate"] > max(first["estimate"], last["estimate"])
    random_has_peak = random_peak["low"] > max(random_first["high"], random_last["high"])
    finding = f"Training error reaches 0 at {threshold} hidden units. "
    if fixed_peak:
        finding = (
            f"Training error reaches 0 at {threshold} hidden units; with fixed inputs the expected "
            f"error peaks at {peak['capacity']}, then falls again. "
        )
    chance = "" if random_has_peak else " These draws do not show a peak with random inputs."
    return (
        f"{finding}With fixed inputs it is {first['estimate']:.3f} with "
        f"{first['capacity']} hidden units, {peak['estimate']:.3f} with {peak['capacity']} and "
        f"{last['estimate']:.3f} with {last['capacity']}. With random inputs its median "
        f"over {protocol.n_draws:,} draws is {estimate(random_first, 3)} with "
        f"{random_first['capacity']}, {estimate(random_peak, 2)} with {random_peak['capacity']} "
        f"and {estimate(random_last, 3)} with {random_last['capacity']}.{chance} With more "
        f"parameters than points it "
        f"{_past_the_peak((first, second), (random_first, random_second))}. With a ridge penalty "
        f"of {protocol.ridge:g} and {fixed_ridge['capacity']} hidden units the error is "
        f"{fixed_ridge['estimate']:.3f} with fixed and {estimate(random_ridge, 3)} with random "
        f"inputs."
    )


def finding(landmarks: Sequence[Row], protocol: Protocol) -> str:
    """The answer in one sentence."""
    first, peak, last = (
        next(
            row
            for row in landmarks
            if (row["design"], row["ridge"], row["landmark"]) == ("stratified", 0.0, name)
        )
        for name in ("first_minimum", "peak", "largest_capacity")
    )
    error = f"{estimate(peak, 2)} with {peak['capacity']} hidden units"
    if peak["low"] > max(first["high"], last["high"]):
        return (
            f"The median error rises to {error} for {protocol.n_points} points, and falls again "
            "with more hidden units."
        )
    return f"The median error is highest, {error}; these draws do not show a peak."


def _past_the_peak(fixed: tuple[Row, Row], random: tuple[Row, Row]) -> str:
    """Whether the error falls below its first minimum; of each design the two minima."""
    verbs = [
        "falls below" if after["estimate"] < before["estimate"] else "stays above"
        for before, after in (fixed, random)
    ]
    lowest = (
        f"with fixed inputs (lowest: {fixed[1]['estimate']:.3f} with {fixed[1]['capacity']})",
        f"with random inputs (lowest: {estimate(random[1], 3)} with {random[1]['capacity']})",
    )
    if verbs[0] == verbs[1]:
        return f"{verbs[0]} the first minimum {lowest[0]} and {lowest[1]}"
    return f"{verbs[0]} the first minimum {lowest[0]} and {verbs[1]} it {lowest[1]}"


def notes(tables: Mapping[str, Sequence[Row]], protocol: Protocol) -> list[str]:
    """What is computed and what is sampled, where the peak comes from, and the best ridge."""
    n = protocol.n_points
    plain = {row["capacity"]: row for row in tables["grid"] if row["ridge"] == 0}
    heavy = {row["capacity"]: row for row in tables["stratified"] if row["ridge"] == 0}[n]
    checks = tables["grid_measured"]
    largest = max(
        (row["largest"] for row in tables["training_residuals"] if row["capacity"] >= n - 1),
        default=float("nan"),
    )
    singular = [plain[capacity]["smallest_singular_value"] for capacity in (n - 1, n, n + 1)]
    best = min(tables["grid"], key=lambda row: row["error"])
    last = next(
        row for row in tables["grid"] if row["is_best_ridge"] and row["capacity"] == max(plain)
    )
    tail = {
        name: heavy[column]
        for name, column in (
            ("estimate", "tail_index"),
            ("low", "tail_index_low"),
            ("high", "tail_index_high"),
        )
    }
    return [
        f"Fixed inputs are the midpoints of {n} equal cells of [0, 1], the same in every data set. "
        f"Noise, bias² and variance then follow from one smoother matrix. Nothing is sampled, so "
        f"these numbers have no interval. As a check, the error is also measured, each time on "
        f"{protocol.n_measured:,} new data sets: {sum(row['contains_exact'] for row in checks)} "
        f"of {len(checks)} 95% intervals contain the computed value.",
        f"Random inputs are one uniform draw in each cell. The error given the inputs is computed. "
        f"Its median over {protocol.n_draws:,} draws has a 95% interval; the bands hold the middle "
        f"half of the draws. Medians are given because with {n} hidden units the tail falls as a "
        f"power of {estimate(tail, 2)} (estimated from the largest "
        f"{100 * protocol.tail_fraction:.0f}% of draws). With a power of 1 or less there is no "
        f"mean.",
        f"With {n - 1} hidden units there are as many parameters as points, {n}. From there on the "
        f"largest training residual in any data set is {largest:.0e}, which is 0 up to rounding.",
        f"With {n} hidden units the model's line segments are the design's cells, so each segment "
        "holds only one point, and its slope is hardly determined. The features are nearly "
        f"dependent: their smallest singular value is {singular[0]:.4f} with {n - 1} units, "
        f"{singular[1]:.4f} with {n} and {singular[2]:.4f} with {n + 1}. The noise is magnified by "
        f"the inverse of this value. With {2 * n} units every fixed input lies on a knot, and the "
        "error dips.",
        "The best ridge at a capacity is the one of "
        f"{', '.join(f'{r:g}' for r in protocol.ridges)} with the lowest expected error. Choosing "
        "it requires the true function, so it shows what a ridge penalty could achieve at best. "
        f"The lowest error of all is {best['error']:.3f}, with {best['capacity']} hidden units and "
        f"ridge {best['ridge']:g}. With {last['capacity']} hidden units it is {last['error']:.3f}, "
        f"with ridge {last['ridge']:g}.",
    ]
