"""Ten million rows of 20 columns: the memory that reading them takes above the data."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._row import row

ROWS, COLUMNS = 10_000_000, 20
_AT_ONCE = 1_000_000

# Prints the gigabytes above those of the arrays and of the libraries, and the reports of progress.
_LOAD = """
import json, sys, threading, time

import pandas, pyarrow.csv, pyarrow.parquet, scipy.special
from genlab.datasets import load_table


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


start = peak = resident()
done = False


def watch():
    global peak
    while not done:
        peak = max(peak, resident())
        time.sleep(0.02)


watching = threading.Thread(target=watch)
watching.start()
reports = []
began = time.perf_counter()
data = load_table(sys.argv[1], "y", progress=reports.append)
seconds = time.perf_counter() - began
done = True
watching.join()
arrays = sum(getattr(data, name).nbytes for name in ("x_train", "x_test", "y_train", "y_test"))
assert len(data.y_train) + len(data.y_test) == int(sys.argv[2])
print(json.dumps([(peak - start - arrays) / 1e9, seconds, len(reports)]))
"""


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("rows.csv", "rows.parquet"):
            path = Path(folder) / name
            _write(path)
            done = subprocess.run(
                [sys.executable, "-c", _LOAD, str(path), str(ROWS)],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            above, seconds, n_reports = json.loads(done.stdout)
            kind = path.suffix[1:]
            rows.append(row(f"10 million rows, {kind}: GB above the data", [above], most=1))
            rows.append(row(f"10 million rows, {kind}: seconds", [seconds]))
            rows.append(row(f"10 million rows, {kind}: progress", [n_reports], least=20))
            path.unlink()
    return rows


def _write(path: Path) -> None:
    import pyarrow as pa
    from pyarrow import csv, parquet

    rng = np.random.default_rng(0)
    schema = pa.schema([*((f"c{i}", pa.float64()) for i in range(COLUMNS)), ("y", pa.int64())])
    write = csv.CSVWriter if path.suffix == ".csv" else parquet.ParquetWriter
    with write(path, schema) as file:
        for _ in range(ROWS // _AT_ONCE):
            columns = [rng.normal(size=_AT_ONCE).round(6) for _ in range(COLUMNS)]
            columns.append(rng.integers(0, 2, _AT_ONCE))
            file.write_table(pa.table(columns, schema=schema))
