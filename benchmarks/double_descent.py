"""One step of double descent on MNIST-1D: genlab beside PyTorch, and beside the machine's best.

The networks are 40-h-h-10 for the textbook's 28 widths, trained by Adam on all 10,000
examples at each step. genlab trains one model a core, PyTorch one model after another with
the threads it takes by itself. All are processes that stay; for every width in every round
genlab and PyTorch follow each other, so that a ratio compares neighbours in time. A time is
the shortest of three bursts of steps, once compiled or warm; genlab's include evaluating both
sets once a burst, which is up to 3% of it.

Only a quiet machine gives a fair ratio: PyTorch's threads wait for each other at each step,
and slow down up to fiftyfold where another process takes one of their cores.
"""

from __future__ import annotations

from typing import Any

from benchmarks._process import Process
from benchmarks._row import row
from genlab.sweep import ONE_THREAD, available_cores

ROUNDS = 3
STEPS = 4000  # of the protocol; what is timed is a few of them
WIDTHS = (2, 4, 6, 8, 10, 14, 18, 22, 26, 30, 35, 40, 45, 50, 55, 60, 70, 80, 90, 100)
WIDER = (120, 140, 160, 180, 200, 250, 300, 400)
N_TRAIN = 10_000
# Of these also: what a network costs, and how much more of them a second core trains.
COSTS = (10, 50, 100, 200, 400)
# Width -> the least fraction of the rate of large products.
FRACTIONS = {50: 0.5, 100: 0.7, 200: 0.7, 400: 0.7}

_DATA = """
import time
from genlab.datasets import make_mnist1d
data = make_mnist1d(n_samples=15_000, train_split=10_000 / 15_000)
assert data.n_train == 10_000
"""

_GENLAB = """
from genlab.models import MLP
from genlab.training import Recipe, Seeds, train_arrays

def measure(h, steps):
    recipe = Recipe.adam(0.005, batch_size=None, steps=3 * steps, evaluate_every=steps)
    times = []
    note = lambda progress: times.append(time.perf_counter())
    train_arrays(MLP(hidden=(h, h)), data, recipe, (Seeds.all(0),), progress=note)
    return min(end - start for start, end in zip(times, times[1:])) / steps
"""

_PYTORCH = """
import torch
x = torch.tensor(data.x_train, dtype=torch.float32)
y = torch.tensor(data.y_train)

def measure(h, steps):
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(40, h), torch.nn.ReLU(),
        torch.nn.Linear(h, h), torch.nn.ReLU(),
        torch.nn.Linear(h, 10),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    loss_function = torch.nn.CrossEntropyLoss()

    def seconds(steps):
        start = time.perf_counter()
        for _ in range(steps):
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            optimizer.step()
        return time.perf_counter() - start

    seconds(3)
    return min(seconds(steps) for _ in range(3)) / steps
"""

_PRODUCTS = """
import time
import jax
import jax.numpy as jnp
product = jax.jit(jnp.matmul)

def measure(n, times):
    a, b = jax.random.normal(jax.random.key(0), (2, n, n))
    product(a, b).block_until_ready()
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        product(a, b).block_until_ready()
        best = min(best, time.perf_counter() - start)
    return 2 * n**3 / best
"""


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table."""
    genlab = [Process(_DATA + _GENLAB, ONE_THREAD) for _ in range(available_cores())]
    pytorch, products = Process(_DATA + _PYTORCH), Process(_PRODUCTS)
    for width in (*WIDTHS, *WIDER):
        _together(genlab, width)  # compiles
    rounds, rates, alone = [], [], []
    for _ in range(ROUNDS):
        seconds = {}
        for width in (*WIDTHS, *WIDER):
            seconds[width] = _together(genlab, width), _together([pytorch], width)
        rounds.append(seconds)
        alone.append({width: _together(genlab[:1], width) for width in COSTS})
        products.ask(4096, 5)
        rates.append(products.answer())
    for process in (*genlab, pytorch, products):
        process.end()
    return _rows(rounds, rates) + _costs(rounds, alone, len(genlab))


def _costs(
    rounds: list[dict[int, tuple[float, float]]], alone: list[dict[int, float]], n_workers: int
) -> list[dict[str, Any]]:
    """How cost grows with width and workers; with seeds it grows in proportion, each a cell."""
    rows = [
        row(f"h = {h}: core-seconds a network", [STEPS * one[h] for one in alone]) for h in COSTS
    ]
    return rows + [
        row(
            f"h = {h}: networks a minute, {n_workers} workers against 1",
            [one[h] / seconds[h][0] for one, seconds in zip(alone, rounds, strict=True)],
        )
        for h in COSTS
    ]


def _together(processes: list[Process], width: int) -> float:
    """Seconds a step and model, where every process trains one at the same time."""
    for process in processes:
        process.ask(width, _timed_steps(width))
    return max(process.answer() for process in processes) / len(processes)


def _timed_steps(width: int) -> int:
    """Of a burst: many for narrow networks, a few for wide ones."""
    return max(16, min(100, round(10e9 / _flop(width))))


def _flop(width: int) -> int:
    """Of one step: a product forward and one back a weight, and one more to go on back."""
    first, others = 40 * width, width * width + 10 * width
    return N_TRAIN * (4 * first + 6 * others)


def _rows(rounds: list[dict[int, tuple[float, float]]], rates: list[float]) -> list[dict[str, Any]]:
    def minutes(widths: tuple[int, ...], which: int) -> list[float]:
        return [STEPS * sum(seconds[h][which] for h in widths) / 60 for seconds in rounds]

    rows = []
    for name, widths, least in (
        (f"{len(WIDTHS)} widths to 100", WIDTHS, 3.0),
        (f"{len(WIDTHS + WIDER)} widths to 400", WIDTHS + WIDER, 1.4),
    ):
        ours, theirs = minutes(widths, 0), minutes(widths, 1)
        rows += [
            row(f"{name} × {STEPS} steps: genlab, minutes", ours),
            row("the same: PyTorch, minutes", theirs),
            row("times faster", [b / a for a, b in zip(ours, theirs, strict=True)], least=least),
        ]
    best = max(rates)
    rows.append(row("products of 4096-square matrices, GFLOP/s", [rate / 1e9 for rate in rates]))
    rows += [
        row(
            f"h = {h}: fraction of the best such product",
            [_flop(h) / seconds[h][0] / best for seconds in rounds],
            least=least,
        )
        for h, least in FRACTIONS.items()
    ]
    return rows
