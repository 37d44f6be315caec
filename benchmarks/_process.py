"""Processes that stay, and measure when they are told."""

from __future__ import annotations

import os
import subprocess
import sys

_SERVE = """
import sys
print("ready", flush=True)
for line in sys.stdin:
    print(measure(*map(int, line.split())), flush=True)
"""


class Process:
    """Runs code that defines `measure`, then calls it with the numbers it is asked with."""

    def __init__(self, code: str, environment: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", code + _SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self._line()

    def ask(self, *numbers: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, numbers)) + "\n")
        self._process.stdin.flush()

    def answer(self) -> float:
        return float(self._line())

    def end(self) -> None:
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a process of the benchmark ended early.")
        return line
