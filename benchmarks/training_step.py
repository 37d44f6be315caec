"""One step of the chapter's network, batch of 100: genlab beside a PyTorch DataLoader loop.

Each measurement is a process of its own, and the three follow each other in every
round, so that a ratio compares neighbours in time. Times are a step of one model,
once compiled; genlab's include drawing the initial weights and two evaluations.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

from benchmarks._row import row
from genlab.datasets import make_mnist1d
from genlab.models import MLP
from genlab.sweep import ONE_THREAD, Store, TrainingCell, available_cores, run_cells
from genlab.training import Recipe

ROUNDS = 5
PYTORCH_STEPS = 4000
GENLAB_STEPS = 12_000
SEEDS = 20

_PYTORCH = """
import time, torch
from torch.utils.data import DataLoader, TensorDataset
from genlab.datasets import make_mnist1d
data = make_mnist1d()
x = torch.tensor(data.x_train, dtype=torch.float32)
y = torch.tensor(data.y_train)
torch.manual_seed(0)
model = torch.nn.Sequential(
    torch.nn.Linear(40, 100), torch.nn.ReLU(),
    torch.nn.Linear(100, 100), torch.nn.ReLU(),
    torch.nn.Linear(100, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss_function = torch.nn.CrossEntropyLoss()
loader = DataLoader(TensorDataset(x, y), batch_size=100, shuffle=True)

def epochs(n):
    for _ in range(n):
        for x_batch, y_batch in loader:
            optimizer.zero_grad()
            loss = loss_function(model(x_batch), y_batch)
            loss.backward()
            optimizer.step()

epochs(10)
start = time.perf_counter()
epochs({steps} // 40)
print((time.perf_counter() - start) / {steps})
"""

_GENLAB = """
import time
from genlab.datasets import make_mnist1d
from genlab.models import MLP
from genlab.training import Recipe, Seeds, train_arrays
data, model = make_mnist1d(), MLP(hidden=(100, 100))
recipe = Recipe.sgd(0.1, batch_size=100, steps={steps}, evaluate_every={steps})
train_arrays(model, data, recipe, (Seeds.all(0),))
print("ready", flush=True)
input()
start = time.perf_counter()
train_arrays(model, data, recipe, tuple(map(Seeds.all, range({seeds}))))
print((time.perf_counter() - start) / {steps} / {seeds})
"""


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table."""
    cores = available_cores()
    rounds = [(_pytorch(), _genlab(1, 1), _genlab(cores, SEEDS)) for _ in range(ROUNDS)]
    return [
        row("PyTorch loop, µs a step", [1e6 * pytorch for pytorch, _, _ in rounds]),
        row("genlab, 1 seed, µs a step", [1e6 * one for _, one, _ in rounds]),
        row(
            f"genlab, {SEEDS} seeds on {cores} cores, µs a step and model",
            [1e6 * many for _, _, many in rounds],
        ),
        row(
            f"run_cells, {SEEDS} seeds, µs a step and model, start and evaluations included",
            [1e6 * _run_cells()],
        ),
        row("times faster, 1 seed", [pytorch / one for pytorch, one, _ in rounds], least=6),
        row(
            f"times faster a model, {SEEDS} seeds",
            [pytorch / many for pytorch, _, many in rounds],
            least=12,
        ),
    ]


def _pytorch() -> float:
    code = _PYTORCH.replace("{steps}", str(PYTORCH_STEPS))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _genlab(processes: int, seeds: int) -> float:
    """Seconds a step and model, with the seeds shared among single-threaded processes."""
    share = -(-seeds // processes)
    code = _GENLAB.replace("{steps}", str(GENLAB_STEPS)).replace("{seeds}", str(share))
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **ONE_THREAD},
        )
        for _ in range(processes)
    ]
    # All start together, once the last has compiled.
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    times = [float(worker.communicate()[0]) for worker in workers]
    return max(times) / processes


def _run_cells() -> float:
    """Seconds a step and model of a whole sweep, from nothing to the store."""
    recipe = Recipe.sgd(0.1, batch_size=100, steps=6000)
    cells = [
        TrainingCell(make_mnist1d().spec, MLP(hidden=(100, 100)), recipe, seed)
        for seed in range(SEEDS)
    ]
    with Store("sqlite://") as store:
        start = time.perf_counter()
        run_cells(cells, store)
        return (time.perf_counter() - start) / 6000 / SEEDS
