"""What a map of width × step costs beside the capacity curve after the last step.

Both train the 20 networks of `epoch-wise-double-descent` at default scale, one seed each, on one
core. The map evaluates each network 60 times, the curve before the first step and after the last.
Timed are a tenth of the steps with 2 and with 42 evaluations, one after the other: they give the
time of a step and that of an evaluation, of which both are made. It is the processor's time, which
other processes disturb least. Each program is compiled before.
"""

from __future__ import annotations

from typing import Any

from benchmarks._process import Process
from benchmarks._row import row
from genlab.experiments import EXPERIMENTS
from genlab.sweep import ONE_THREAD

ROUNDS = 3
# One step in so many of the protocol's is timed.
FRACTION = 10

_CODE = """
import dataclasses, time
from genlab.datasets import resample_mnist1d
from genlab.experiments import EXPERIMENTS
from genlab.models import MLP
from genlab.training import Seeds, log_spaced_steps, train_arrays

protocol = EXPERIMENTS["epoch-wise-double-descent"].protocols["default"]
data = resample_mnist1d(0, protocol.n_train, protocol.n_test)

def measure(h, steps, n_evaluations):
    at = log_spaced_steps(steps, n_evaluations - 1)
    recipe = dataclasses.replace(protocol.recipe, steps=steps, evaluate_at=at)
    start = time.process_time()
    train_arrays(
        MLP(hidden=(h, h)), data, recipe, (Seeds.all(0),), label_noise=protocol.label_noise
    )
    return time.process_time() - start
"""


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table."""
    protocol = EXPERIMENTS["epoch-wise-double-descent"].protocols["default"]
    steps, n = protocol.recipe.steps, len(protocol.recipe.evaluation_steps())
    process = Process(_CODE, ONE_THREAD)

    def seconds(width: int, n_steps: int, n_evaluations: int) -> float:
        process.ask(width, n_steps, n_evaluations)
        return process.answer()

    ratios, totals, narrowest = [], [], []
    for width in protocol.widths:
        seconds(width, 10, 2)
    for _ in range(ROUNDS):
        whole = last = 0.0
        for width in protocol.widths:
            few = seconds(width, steps // FRACTION, 2)
            many = seconds(width, steps // FRACTION, 42)
            evaluation = (many - few) / 40
            curve = FRACTION * (few - 2 * evaluation) + 2 * evaluation
            whole += curve + (n - 2) * evaluation
            last += curve
            if width == protocol.widths[0]:
                narrowest.append(1 + (n - 2) * evaluation / curve)
        ratios.append(whole / last)
        totals.append(whole)
    process.end()
    name = f"{len(protocol.widths)} widths × {n} evaluations"
    return [
        row(f"{name}: times the curve after the last step", ratios, most=1.1),
        row("the narrowest network alone: times its last step", narrowest),
        row(f"{name}: core-seconds a seed", totals),
    ]
