"""Cells that end their own process, take all memory, wait for a file, or do not end."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sweep.mean_cell import MeanCell


@dataclass(frozen=True)
class EndingCell(MeanCell):
    """Ends its process `mean` times; runs are counted in the folder."""

    def to_dict(self) -> dict:
        return {**super().to_dict(), "kind": f"{__name__}:EndingCell"}

    def fit(self, report=None) -> np.ndarray:
        result = super().fit(report)
        if len(Path(self.folder, self.key).read_text().splitlines()) <= self.mean:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


@dataclass(frozen=True)
class EndlessCell(MeanCell):
    """Runs for minutes."""

    def to_dict(self) -> dict:
        return {**super().to_dict(), "kind": f"{__name__}:EndlessCell"}

    def fit(self, report=None) -> np.ndarray:
        time.sleep(300)
        return super().fit(report)


@dataclass(frozen=True)
class HeldCell(MeanCell):
    """Runs until its folder holds a file `go`: a run that is to be stopped cannot end before."""

    def to_dict(self) -> dict:
        return {**super().to_dict(), "kind": f"{__name__}:HeldCell"}

    def fit(self, report=None) -> np.ndarray:
        result = super().fit(report)
        deadline = time.monotonic() + 300
        while not Path(self.folder, "go").exists():
            if time.monotonic() > deadline:
                raise TimeoutError("nobody let the cell go")
            time.sleep(0.01)
        return result


@dataclass(frozen=True)
class CrashingCell(MeanCell):
    """Reads at address 0: a segmentation fault."""

    def to_dict(self) -> dict:
        return {**super().to_dict(), "kind": f"{__name__}:CrashingCell"}

    def fit(self, report=None) -> np.ndarray:
        super().fit(report)
        return np.array([ctypes.c_double.from_address(0).value] * 2)


@dataclass(frozen=True)
class HungryCell(MeanCell):
    """Takes memory until there is no more, where its process may have 60 MB more than it has."""

    def to_dict(self) -> dict:
        return {**super().to_dict(), "kind": f"{__name__}:HungryCell"}

    def fit(self, report=None) -> np.ndarray:
        import resource

        before = resource.getrlimit(resource.RLIMIT_AS)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + 60_000_000
        resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
        try:
            taken = []
            while True:
                taken.append(np.ones(1_000_000))
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)
