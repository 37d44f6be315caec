"""`make bench`: every benchmark, with its bar; exit status 1 where one is missed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import mnist1d, training_step

BENCHMARKS = {"MNIST-1D": mnist1d.run, "training step": training_step.run}


def main() -> int:
    """Run all, print the table, and write it beside as JSON."""
    rows = []
    for name, run in track(BENCHMARKS.items(), "Measuring", console=Console(stderr=True)):
        rows += [{"benchmark": name, **row} for row in run()]
    table = Table("benchmark", "measured", "value", "bar", "met?", "rounds")
    for row in rows:
        bar = "" if row["bar"] is None else f"at least {row['bar']:g}"
        met = "" if row["bar"] is None else ("yes" if row["value"] >= row["bar"] else "NO")
        rounds = ", ".join(f"{value:.3g}" for value in row["rounds"])
        table.add_row(row["benchmark"], row["measured"], f"{row['value']:.3g}", bar, met, rounds)
    Console().print(table)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(rows, indent=1))
    return int(any(row["bar"] is not None and row["value"] < row["bar"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
