"""Trials an hour: `genlab.select` beside a search with scikit-learn's MLPClassifier.

Both train the MNIST-1D network (two hidden layers of 100) by Adam, batches of 100 and 50 epochs,
for each learning rate of one list, on 80% of the 4,000 training examples, and take its error on
the rest. scikit-learn searches by GridSearchCV with as many processes as cores; both are a
process of their own, from its start, imports and compilation included, to the chosen configuration.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

from benchmarks._row import row

ROUNDS = 3
TRIALS = 60
EPOCHS = 50

_DATA = """
import numpy as np, sys, warnings
from genlab.datasets import make_mnist1d, split_indices
data = make_mnist1d()
rates = [float(rate) for rate in np.geomspace(1e-4, 1e-1, {trials})]
"""
_GENLAB = (
    _DATA
    + """
from genlab.selection import Space, select
from genlab.sweep import Store
steps = {epochs} * 3200 // 100
space = Space(parameters={{"learning_rate": rates}},
              fixed={{"hidden": (100, 100), "batch_size": 100, "steps": steps,
                      "evaluate_every": steps}})
with Store(sys.argv[1]) as store:
    found = select(space, data, n_trials={trials}, sampler="grid", batch={trials}, store=store,
                   refit=False)
assert len(found.trials) == {trials}
print(float(found.validation_error.mean))
"""
)
_SCIKIT_LEARN = (
    _DATA
    + """
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
warnings.simplefilter("ignore")
model = MLPClassifier((100, 100), batch_size=100, alpha=0.0, max_iter={epochs}, tol=0.0,
                      n_iter_no_change={epochs} + 1, random_state=0)
parts = split_indices(data.y_train, (0.8, 0.2))
found = GridSearchCV(model, {{"learning_rate_init": rates}}, cv=[tuple(parts)], refit=False,
                     n_jobs=-1).fit(data.x_train, data.y_train)
print(1 - found.best_score_)
"""
)


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table."""
    import tempfile

    hours: dict[str, list[float]] = {_SCIKIT_LEARN: [], _GENLAB: []}
    errors: dict[str, list[float]] = {_SCIKIT_LEARN: [], _GENLAB: []}
    for _ in range(ROUNDS):
        for code in hours:
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                errors[code].append(_chosen(code, os.path.join(folder, "store.db")))
                hours[code].append(TRIALS * 3600 / (time.perf_counter() - start))
    pairs = zip(hours[_GENLAB], hours[_SCIKIT_LEARN], strict=True)
    return [
        row("scikit-learn's MLPClassifier, trials an hour", hours[_SCIKIT_LEARN]),
        row("genlab's MLP, trials an hour", hours[_GENLAB]),
        row("times as many", [ours / theirs for ours, theirs in pairs], least=3),
        row("scikit-learn, chosen validation error", errors[_SCIKIT_LEARN]),
        row("genlab, chosen validation error", errors[_GENLAB]),
    ]


def _chosen(code: str, store: str) -> float:
    """The validation error that a search of its own process chooses by."""
    program = code.format(trials=TRIALS, epochs=EPOCHS)
    # One thread a process, and as many processes as cores.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program, store],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)
