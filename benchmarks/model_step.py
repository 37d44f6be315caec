"""One step of training of each model on MNIST-1D, batch of 100: genlab beside PyTorch.

The models are those of the MNIST-1D paper, trained by Adam as there. PyTorch takes its batches
by index from tensors, and the faster of one thread and the threads it takes by itself; genlab
trains one model on one thread. All are processes that stay, and for every model in every round
they follow each other, so that a ratio compares neighbours in time. A time is the shortest
of three bursts of steps, once compiled or warm; genlab's include evaluating both sets
once a burst.
"""

from __future__ import annotations

from typing import Any

from benchmarks._process import Process
from benchmarks._row import row
from genlab.sweep import ONE_THREAD

ROUNDS = 5
# Model -> (the least ratio, steps of a burst).
MODELS = {"logistic": (8.0, 2000), "MLP": (5.0, 1500), "CNN": (2.0, 600), "GRU": (5.0, 400)}

_DATA = f"""
import time
from genlab.datasets import make_mnist1d
data = make_mnist1d()
NAMES = {list(MODELS)}
"""

_GENLAB = """
from genlab.models import CNN, GRU, MLP, Logistic
from genlab.training import Recipe, Seeds, train_arrays
SPECS = {
    "logistic": Logistic(), "MLP": MLP(hidden=(100, 100), skip=True), "CNN": CNN(), "GRU": GRU(),
}

def measure(index, steps):
    recipe = Recipe.adam(0.01, batch_size=100, steps=4 * steps, evaluate_every=steps)
    times = []
    note = lambda progress: times.append(time.perf_counter())
    train_arrays(SPECS[NAMES[index]], data, recipe, (Seeds.all(0),), progress=note)
    return min(end - start for start, end in zip(times[1:], times[2:])) / steps
"""

_PYTORCH = """
import torch
from torch import nn
x = torch.tensor(data.x_train, dtype=torch.float32)
y = torch.tensor(data.y_train)
THREADS = torch.get_num_threads()

class Skip(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(40, 100), nn.Linear(100, 100)
        self.last = nn.Linear(100, 10)

    def forward(self, x):
        hidden = torch.relu(self.first(x))
        return self.last(hidden + torch.relu(self.second(hidden)))

class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 6, bidirectional=True, batch_first=True)
        self.last = nn.Linear(480, 10)

    def forward(self, x):
        return self.last(self.gru(x[:, :, None])[0].flatten(1))

def convolutional():
    return nn.Sequential(
        nn.Unflatten(1, (1, 40)),
        nn.Conv1d(1, 25, 5, stride=2, padding=1), nn.ReLU(),
        nn.Conv1d(25, 25, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv1d(25, 25, 3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(125, 10),
    )

MAKE = {
    "logistic": lambda: nn.Linear(40, 10), "MLP": Skip, "CNN": convolutional, "GRU": Recurrent,
}

def measure(index, steps):
    return min(seconds_a_step(MAKE[NAMES[index]](), steps, n) for n in {1, THREADS})

def seconds_a_step(model, steps, n_threads):
    torch.set_num_threads(n_threads)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    loss_function = nn.CrossEntropyLoss()

    def seconds(steps):
        start = time.perf_counter()
        for i in range(steps):
            if i % 40 == 0:
                order = torch.randperm(len(x))
            rows = order[i % 40 * 100 : i % 40 * 100 + 100]
            optimizer.zero_grad()
            loss_function(model(x[rows]), y[rows]).backward()
            optimizer.step()
        return time.perf_counter() - start

    seconds(20)
    return min(seconds(steps) for _ in range(3)) / steps
"""


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table."""
    genlab, pytorch = Process(_DATA + _GENLAB, ONE_THREAD), Process(_DATA + _PYTORCH)
    rounds: list[dict[str, tuple[float, float]]] = []
    for _ in range(ROUNDS):
        seconds = {}
        for index, (name, (_, steps)) in enumerate(MODELS.items()):
            ours, theirs = (
                _asked(process, index, n) for process, n in ((genlab, steps), (pytorch, steps // 4))
            )
            seconds[name] = ours, theirs
        rounds.append(seconds)
    for process in (genlab, pytorch):
        process.end()
    rows = []
    for name, (least, _) in MODELS.items():
        ours, theirs = ([seconds[name][i] for seconds in rounds] for i in (0, 1))
        rows += [
            row(f"{name}: genlab, µs a step", [1e6 * one for one in ours]),
            row(f"{name}: PyTorch, µs a step", [1e6 * one for one in theirs]),
            row(
                f"{name}: times faster",
                [b / a for a, b in zip(ours, theirs, strict=True)],
                least=least,
            ),
        ]
    return rows


def _asked(process: Process, index: int, steps: int) -> float:
    process.ask(index, steps)
    return process.answer()
