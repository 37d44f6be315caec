"""A sealed test set: how often concurrent attempts open it, and how often its intervals hold.

`python -m benchmarks.sealed [URL]` measures the first on another store: a PostgreSQL, say.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special, stats

from benchmarks._row import row
from genlab.sealing._opening import Opening, loss_result
from genlab.sealing._openings import OpeningRow

PROCESSES = 8
ATTEMPTS = 1000
STUDIES = 2000
SIZES = (100, 1000)
LOSS_STUDIES = 500

# Of several openings the exact one is what is quoted.
_NAMES = {"wilson": "Wilson", "exact": "exact"}

# Each attempt seals the data anew, as a program that is started again does.
_ATTEMPTS = """
import sys
import numpy as np
from genlab import SealedError, seal
from genlab.datasets import Dataset
x = np.random.default_rng(0).normal(size=(120, 4))
y = np.arange(120) % 3
data = Dataset(x[:20], y[:20], x[20:], y[20:])
class Model:
    def predict(self, x):
        if len(x) == 100:
            print("asked")
        return np.zeros(len(x), int)
sys.stdin.readline()  # all start at one moment
for _ in range(int(sys.argv[2])):
    try:
        seal(data, sys.argv[1])[1].open(Model(), reason="benchmark")
        print("opened")
    except SealedError:
        print("refused")
"""


def run(url: str | None = None) -> list[dict[str, Any]]:
    """The rows of the benchmark table: counts, and shares covered in percent.

    A share of 2,000 studies is known to about one point.
    """
    rows = attempts(url)
    for k in (1, 2, 3):
        shares = [covered(n, k) for n in SIZES]
        of = "one opening" if k == 1 else f"all of {k} openings"
        for name in _NAMES:
            # The bar is for 1,000 examples; the rounds show each size.
            values = [100 * share[name] for share in shares]
            label = f"{_NAMES[name]}, % covered, {of}, of 1,000 (100, 1,000) examples"
            least = {"wilson": 93.5 if k == 1 else None}.get(name, 95.0)
            rows.append(row(label, values[-1:], least=least) | {"rounds": values})
            if name == "wilson" and k == 1:
                rows.append(row(label, values[-1:], most=96.5) | {"rounds": values})
    rows.append(row("loss, % covered, one opening, 1,000 examples", [100 * loss_covered()]))
    return rows


def attempts(url: str | None = None) -> list[dict[str, Any]]:
    """How many of the attempts open the test set, and how many ask the model of it."""
    with tempfile.TemporaryDirectory() as folder:
        place = url or str(Path(folder) / "store.db")
        command = [sys.executable, "-c", _ATTEMPTS, place, str(ATTEMPTS // PROCESSES)]
        running = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(PROCESSES)
        ]
        time.sleep(2 * PROCESSES)  # until all have loaded what they need
        for process in running:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        words = "".join(process.communicate()[0] for process in running).split()
    if any(process.returncode for process in running):
        raise RuntimeError("a process that attempts to open failed.")
    counts = {word: words.count(word) for word in ("asked", "opened", "refused")}
    if counts["opened"] + counts["refused"] != ATTEMPTS or not counts["opened"]:
        raise RuntimeError(f"{ATTEMPTS} attempts ended as {counts}.")
    label = f"{ATTEMPTS:,} attempts by {PROCESSES} processes"
    return [
        row(f"{label}: openings", [counts["opened"]], most=1),
        row(f"{label}: evaluations", [counts["asked"]], most=1),
    ]


def covered(n: int, k: int) -> dict[str, float]:
    """Share of studies in which all k models' intervals hold the true errors, 5 to 50%.

    The models of a study share its n test examples, and what is hard for one is hard for
    the others.
    """
    generator = np.random.default_rng([n, k])
    counts = dict.fromkeys(_NAMES, 0)
    for _ in range(STUDIES):
        errors = generator.uniform(0.05, 0.5, size=k)
        hardness = generator.normal(size=n) + generator.normal(size=(k, n))
        wrong = (hardness < stats.norm.ppf(errors)[:, None] * np.sqrt(2)).sum(axis=1)
        openings = [_opening(n, k, {"n_wrong": int(count)}) for count in wrong]
        for name in counts:
            intervals = [getattr(opening, name) for opening in openings]
            counts[name] += all(
                i.low <= error <= i.high for i, error in zip(intervals, errors, strict=True)
            )
    return {name: count / STUDIES for name, count in counts.items()}


def loss_covered(n: int = 1000) -> float:
    """Share of bootstrap intervals that hold the true mean of losses as skewed as a model's.

    Of an example whose class has a probability with the density of Beta(2, 1/2): its
    logarithm's mean is known.
    """
    generator = np.random.default_rng(n)
    a, b = 2.0, 0.5
    truth = special.digamma(a + b) - special.digamma(a)
    count = 0
    for i in range(LOSS_STUDIES):
        losses = -np.log(generator.beta(a, b, size=n))
        result = loss_result(losses, f"{i:08x}")
        interval = _opening(n, 1, {"n_wrong": 0, **result}).loss_interval
        count += bool(interval.low <= truth <= interval.high)
    return count / LOSS_STUDIES


def _opening(n: int, k: int, result: dict[str, Any]) -> Opening:
    row = OpeningRow("ab", 1, "2026-01-01T00:00:00+00:00", n, "", {}, "", result)
    return Opening._of(row, k)


if __name__ == "__main__":
    for found in run(*sys.argv[1:2]):
        print(found)
