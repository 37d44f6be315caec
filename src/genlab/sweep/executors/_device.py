"""The device that worker processes train on, found out without occupying it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from functools import lru_cache
from importlib.metadata import entry_points
from typing import NamedTuple

from genlab.sweep.executors._worker import environment_of_worker


class Device(NamedTuple):
    """A kind of device ("cpu", "gpu" or another of JAX's), and how many workers may have one."""

    platform: str
    n: int

    @property
    def is_cpu(self) -> bool:
        return self.platform == "cpu"


def device_of_workers() -> Device:
    """The device that `run_cells` trains on.

    It takes a second to ask, which is saved where there can be none but a CPU.
    """
    if os.environ.get("JAX_PLATFORMS") == "cpu" or not _may_be_another():
        return Device("cpu", 1)
    return _reported(tuple(environment_of_worker().items()))


@lru_cache
def _may_be_another() -> bool:
    """Whether a package is installed by which JAX finds other devices than CPUs."""
    packages = ("jax_plugins", "libtpu")
    found = any(importlib.util.find_spec(name) for name in packages)
    return found or bool(entry_points(group="jax_plugins"))


# Of several NVIDIA GPUs each can be given to a worker of its own.
_REPORT = """
import jax
device = jax.devices()[0]
apart = "cuda" in device.client.platform_version.lower()
print(jax.default_backend(), jax.device_count() if apart else 1)
"""


@lru_cache
def _reported(environment: tuple[tuple[str, str], ...]) -> Device:
    """The device that a separate process reports: one that uses a GPU takes most of its memory."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", _REPORT],
        env=dict(environment),
        capture_output=True,
        text=True,
    )
    platform, _, n = done.stdout.strip().rpartition(" ")
    return Device(platform, int(n)) if platform else Device("cpu", 1)


def only(device: Device, i: int) -> dict[str, str]:
    """The part of a worker's environment that gives it the i-th of several GPUs."""
    if device.n == 1:
        return {}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    return {"CUDA_VISIBLE_DEVICES": visible[i] if len(visible) == device.n else str(i)}
