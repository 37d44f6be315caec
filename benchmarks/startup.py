"""How soon the command line answers, and how soon the library is imported: whole processes."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from benchmarks._row import row

ROUNDS = 7


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table."""
    helped = [_seconds("-m", "genlab", "--help") for _ in range(ROUNDS)]
    imported = [_seconds("-c", "import genlab") for _ in range(ROUNDS)]
    return [
        row("genlab --help, seconds", helped, most=0.5),
        row("import genlab, seconds, Python's start included", imported, most=0.15),
    ]


def _seconds(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
