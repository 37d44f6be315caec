"""Double descent on MNIST-1D on one accelerator: both panels, timed, and beside its best.

    python -m benchmarks.device --out gpu.json
    python -m benchmarks.device --widths 10 40 77 --steps 100     a first try, anywhere

It trains the networks of `double-descent-mnist1d`, side by side where they share a program,
and writes the curves, the times and the rate as JSON. It needs genlab's source and JAX,
Equinox, Optax, NumPy and SciPy, nothing else; the store, the tables and the page are not used.

Each panel is both labels of every width, one seed. Times are of the whole, compilation
included. The rate counts a product forward and one back a weight, and one more where the slope
goes on back (4 FLOP an example and first-layer weight, 6 another), padding not counted; it is
set beside the best product of 4096-square matrices that JAX does here as it multiplies float32
by default. Test errors at the textbook's widths stand beside the published ones.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from genlab.datasets import LabelNoise, make_mnist1d
from genlab.models import MLP
from genlab.sweep import CellResult, TrainingCell, batches, environment
from genlab.training import CURVES, Recipe

N_TRAIN, N_TEST = 10_000, 5_000
NOISE = {"clean": None, "noisy": LabelNoise(0.15)}
# Read from figure 8.10 of S. Prince, "Understanding Deep Learning": width -> test error.
PUBLISHED = {
    "clean": {10: 0.445, 20: 0.384, 40: 0.358, 77: 0.329, 100: 0.315, 200: 0.280, 400: 0.255},
    "noisy": {10: 0.465, 20: 0.417, 40: 0.434, 77: 0.486, 100: 0.464, 200: 0.404, 400: 0.359},
}


def main() -> int:
    """Train, and write the JSON; exit status 1 where a published value is missed."""
    given = _arguments()
    rate = product_rate(given.product)
    print(f"{jax.devices()[0].device_kind}: products at {rate / 1e12:.2f} TFLOP/s", file=sys.stderr)
    recipe = Recipe.adam(0.005, batch_size=None, steps=given.steps, evaluate_every=given.every)
    data = make_mnist1d(N_TRAIN + N_TEST, N_TRAIN / (N_TRAIN + N_TEST))
    cells = [
        TrainingCell(data.spec, MLP((width, width)), recipe, seed, noise)
        for width in given.widths
        for noise in NOISE.values()
        for seed in range(given.seeds)
    ]
    start = time.perf_counter()
    results, groups = _run(cells)
    seconds = time.perf_counter() - start
    flop = sum(_flop(cell) for cell in cells)
    record = {
        "environment": environment(),
        "steps": given.steps,
        "seeds": given.seeds,
        "networks": len(cells),
        "seconds": seconds,
        "matrix_rate_tflops": rate / 1e12,
        "fraction_of_matrix_rate": flop / seconds / rate,
        "groups": groups,
        "networks_at_the_end": [
            _row(cell, result) for cell, result in zip(cells, results, strict=True)
        ],
        "published": _beside(cells, results) if given.steps == 4000 else [],
    }
    text = json.dumps(record, indent=1)
    if given.out is None:
        print(text)
    else:
        given.out.write_text(text + "\n")
    print(
        f"{len(cells)} networks in {seconds / 60:.1f} min: {100 * flop / seconds / rate:.0f}% of "
        f"the rate of large products, padding and compilation included.",
        file=sys.stderr,
    )
    return int(any(not row["within"] for row in record["published"]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--widths", type=int, nargs="+", default=list(range(2, 401)))
    parser.add_argument("--seeds", type=int, default=1, help="of each width and kind of labels")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--every", type=int, default=500, help="steps between evaluations")
    parser.add_argument("--product", type=int, default=4096, help="size of the matrix products")
    parser.add_argument("--out", type=Path, help="a JSON file; else standard output")
    return parser.parse_args()


def _run(cells: list[TrainingCell]) -> tuple[list[CellResult], list[dict[str, Any]]]:
    """Every cell's result, and the time of each group that ran side by side."""
    results: dict[str, CellResult] = {}
    groups = []
    for group in batches(cells, side_by_side=jax.default_backend() != "cpu"):
        for batch in group:
            start = time.perf_counter()
            batch_results = TrainingCell.run_together(batch)
            seconds = time.perf_counter() - start
            results |= {cell.key: result for cell, result in zip(batch, batch_results, strict=True)}
            widths = [cell.model.sizes()[0] for cell in batch]
            groups.append(
                {
                    "networks": len(batch),
                    "widths": [min(widths), max(widths)],
                    "seconds": seconds,
                    "tflops": sum(_flop(cell) for cell in batch) / seconds / 1e12,
                }
            )
            print(
                f"widths {min(widths)} to {max(widths)}: {len(batch)} networks, {seconds:.1f} s",
                file=sys.stderr,
            )
    return [results[cell.key] for cell in cells], groups


def product_rate(n: int, times: int = 20) -> float:
    """FLOP a second of the best product of square matrices."""
    a, b = jax.random.normal(jax.random.key(0), (2, n, n))
    product = jax.jit(jnp.matmul)
    product(a, b).block_until_ready()
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        product(a, b).block_until_ready()
        best = min(best, time.perf_counter() - start)
    return float(2 * n**3 / best)


def _flop(cell: TrainingCell) -> float:
    """Of all steps; evaluations are not counted."""
    width = cell.model.sizes()[0]
    first, others = 40 * width, width * width + 10 * width
    return float(cell.recipe.steps) * N_TRAIN * (4 * first + 6 * others)


def _row(cell: TrainingCell, result: CellResult) -> dict[str, Any]:
    return {
        "width": cell.model.sizes()[0],
        "labels": "clean" if cell.label_noise is None else "noisy",
        "seed": cell.seed,
        **{name: float(getattr(result, name)[-1]) for name in CURVES},
    }


def _beside(cells: list[TrainingCell], results: list[CellResult]) -> list[dict[str, Any]]:
    """Mean test error over seeds beside the published one; 3 points apart at most."""
    rows = [_row(cell, result) for cell, result in zip(cells, results, strict=True)]
    found = []
    for labels, published in PUBLISHED.items():
        for width, value in published.items():
            errors = [
                row["test_error"]
                for row in rows
                if (row["labels"], row["width"]) == (labels, width)
            ]
            if errors:
                mean = float(np.mean(errors))
                found.append(
                    {
                        "labels": labels,
                        "width": width,
                        "published": value,
                        "measured": mean,
                        "within": abs(mean - value) <= 0.03,
                    }
                )
    return found


if __name__ == "__main__":
    sys.exit(main())
