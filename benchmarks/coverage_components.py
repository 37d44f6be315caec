"""How often the 95% intervals of variance components hold the exact components.

The exact components are those of least squares from random initial weights, in closed form, and
of normal effects with stated variances.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from benchmarks._row import row
from genlab.measure import ensemble_components, ensemble_difference, variance_components

REPETITIONS = 1000
#: Replicates of the design, and levels of each source in it.
DESIGNS = ((6, 2), (8, 2), (16, 2), (6, 3))
SOURCES = ("inputs", "noise", "weights")
ENSEMBLE = 8
# Of 1,000 repetitions the percentage has a standard deviation of 0.7. A part that is 0 can only be
# missed from above.
BARS = {"above 0": (92.5, 97.5), "of 0": (93, 99.5), "ensembles": (92.5, 97.5)}
COMPONENTS = tuple(
    ":".join(names) for k in (1, 2, 3) for names in itertools.combinations(SOURCES, k)
)


class Case(NamedTuple):
    """A problem whose components are known.

    `draw` gives predictions of shape (replicates, inputs, noise, weights, examples, outputs), for
    a number of levels of each source.
    """

    name: str
    draw: Callable[[np.random.Generator, int, tuple[int, int, int]], Any]
    truth: Any
    exact: Mapping[str, float]


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table: in percent, the lowest and highest of problems and parts."""
    rows = []
    for replicates, levels in DESIGNS:
        shares: dict[str, list[float]] = {kind: [] for kind in BARS}
        for case in cases():
            for name, share in covered(case, replicates, levels, REPETITIONS).items():
                exact = known(case).get(name)
                kind = "ensembles" if exact is None else "of 0" if exact == 0 else "above 0"
                shares[kind].append(100 * share)
        for kind, values in shares.items():
            name = f"parts {kind}, {replicates} replicates of {levels} levels, % covered"
            least, most = BARS[kind]
            rows.append(row(f"{name}: lowest", [min(values)], least=least) | {"rounds": values})
            rows.append(row(f"{name}: highest", [max(values)], most=most) | {"rounds": values})
    return rows


def covered(case: Case, replicates: int, levels: int, repetitions: int) -> dict[str, float]:
    """How often the intervals that are given hold their exact values."""
    counts: dict[str, float] = {}
    exact = known(case)
    one_each, given = (1, 1, ENSEMBLE), 0
    for seed in range(repetitions):
        rng = np.random.default_rng([seed, replicates, levels])
        singles = case.draw(rng, replicates, (levels,) * 3)
        found = variance_components(singles, SOURCES, case.truth)
        if found.reason:
            continue
        given += 1
        intervals = {
            **found.components,
            **{f"all of {source}": part for source, part in found.total_effects.items()},
            "variance": found.variance,
            "bias": found.bias_squared,
            "loss": found.loss,
            "predicted": ensemble_components(found, ENSEMBLE, ["weights"]).loss,
        }
        members = case.draw(rng, replicates, one_each)[:, 0, 0]
        intervals["difference"] = ensemble_difference(members, case.truth, found, ["weights"])[1]
        for name, part in intervals.items():
            assert part is not None
            true = exact.get(name, 0.0)
            # Parts that are 0 in every repetition hold up to rounding.
            held = part.low - 1e-9 <= true <= part.high + 1e-9
            counts[name] = counts.get(name, 0.0) + float(held)
    return {name: count / given for name, count in counts.items()}


def known(case: Case) -> dict[str, float]:
    """All exact values of a problem."""
    parts = {name: case.exact[name] for name in COMPONENTS}
    variance = sum(parts.values())
    kept = {name: v / ENSEMBLE if "weights" in name else v for name, v in parts.items()}
    return {
        **parts,
        **{
            f"all of {source}": sum(v for name, v in parts.items() if source in name)
            for source in SOURCES
        },
        "variance": variance,
        "bias": case.exact["bias"],
        "loss": variance + case.exact["bias"],
        "predicted": sum(kept.values()) + case.exact["bias"],
    }


def cases() -> list[Case]:
    """Least squares below the threshold, and normal effects."""
    several = {"inputs": 1.0, "weights": 0.3, "inputs:noise": 0.5, "inputs:weights": 0.3,
               "inputs:noise:weights": 1.0}  # fmt: skip
    one = dict.fromkeys(COMPONENTS, 0.1) | {"inputs": 3.0, "weights": 1.0}
    return [
        least_squares(n=10, p=20, noise=1.0, scale=1.0),
        least_squares(n=6, p=40, noise=2.0, scale=0.5),
        normal_effects("several large components", several),
        normal_effects("one large component", one),
    ]


def least_squares(n: int, p: int, noise: float, scale: float, m: int = 50) -> Case:
    """Gradient descent to the end from random weights w, of n normal examples with p inputs.

    It ends at X⁺(Xβ + ε) + (I − X⁺X)w. X⁺X is a random projection of rank n, whose first two
    moments are (n/p) I and a δ_ij δ_kl + b (δ_ik δ_jl + δ_il δ_jk), and E X⁺X⁺ᵀ is
    n/(p(p − n − 1)) I.
    """
    rng = np.random.default_rng(n)
    at, beta = rng.normal(size=(m, p)), rng.normal(size=p) / np.sqrt(p)
    lengths, along, share = (at**2).sum(axis=1).mean(), ((at @ beta) ** 2).mean(), n / p
    b = n * (p - n) / (p * (p - 1) * (p + 2))
    exact = dict.fromkeys(COMPONENTS, 0.0) | {
        "inputs": b * lengths * (beta @ beta) + b * (1 - 2 / p) * along,
        "weights": scale**2 * (1 - share) ** 2 * lengths,
        "inputs:noise": noise**2 * lengths * n / (p * (p - n - 1)),
        "inputs:weights": scale**2 * share * (1 - share) * lengths,
        "bias": (1 - share) ** 2 * along,
    }

    def draw(rng: np.random.Generator, replicates: int, levels: tuple[int, int, int]) -> Any:
        x = rng.normal(size=(replicates, levels[0], n, p))
        errors = noise * rng.normal(size=(replicates, levels[1], n))
        start = scale * rng.normal(size=(replicates, levels[2], p))
        inverse = np.linalg.pinv(x)
        projection = inverse @ x
        learned = (projection @ beta)[:, :, None, None]
        learned = learned + np.einsum("rapn,rbn->rabp", inverse, errors)[:, :, :, None]
        kept = start[:, None] - np.einsum("rapq,rcq->racp", projection, start)
        return ((learned + kept[:, :, None]) @ at.T)[..., None]

    return Case(f"least squares, {n} examples and {p} weights", draw, (at @ beta)[:, None], exact)


def normal_effects(name: str, variances: Mapping[str, float], m: int = 10) -> Case:
    """A sum of independent normal effects, of stated variances, at m independent examples."""

    def draw(rng: np.random.Generator, replicates: int, levels: tuple[int, int, int]) -> Any:
        total = np.ones((replicates, *levels, m, 1))
        for effect, variance in variances.items():
            own = [
                n if source in effect.split(":") else 1
                for source, n in zip(SOURCES, levels, strict=True)
            ]
            total += np.sqrt(variance) * rng.normal(size=(replicates, *own, m, 1))
        return total

    exact = dict.fromkeys(COMPONENTS, 0.0) | dict(variances) | {"bias": 1.0}
    return Case(name, draw, np.zeros((m, 1)), exact)
