"""A cell that sleeps: it takes time and no core, so what is left is the cost of running cells."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from genlab.sweep import Report

#: Bytes of a result: what a network with 1000 test examples and 100 recorded steps has.
RESULT_BYTES = 2000


@dataclass(frozen=True)
class SleepCell:
    """Sleeps for so many seconds; its result is a text of `RESULT_BYTES`."""

    seconds: float
    seed: int

    start: ClassVar[None] = None
    steps: ClassVar[int] = 1

    @cached_property
    def key(self) -> str:
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": f"{__name__}:SleepCell",
            "seconds": self.seconds,
            "seed": self.seed,
            # A spec of the size that a network has.
            "padding": "x" * 600,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SleepCell:
        return cls(values["seconds"], values["seed"])

    def check(self) -> None:
        pass

    def work(self) -> float:
        return self.seconds

    def memory(self) -> float:
        return 1e7

    def together_key(self) -> str | None:
        return None

    def most_together(self) -> int:
        return 1

    @classmethod
    def run_together(cls, cells: Sequence[SleepCell], report: Report | None = None) -> list[bytes]:  # noqa: ARG003
        time.sleep(sum(cell.seconds for cell in cells))
        return [cell.result for cell in cells]

    @property
    def result(self) -> bytes:
        return (self.key * (RESULT_BYTES // 64 + 1))[:RESULT_BYTES].encode()

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {"slept": "yes"}

    @classmethod
    def pack(cls, result: bytes) -> bytes:
        return result

    @classmethod
    def unpack(cls, packed: bytes) -> bytes:
        return packed

    @classmethod
    def diverged_at(cls, result: bytes) -> int:  # noqa: ARG003
        return -1
