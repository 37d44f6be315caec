"""A kind of cell of another package, whose work needs a data set of a user."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sweep.mean_cell import MeanCell

from genlab.datasets import DataSpec


@dataclass(frozen=True)
class ContentCell(MeanCell):
    """The mean of all inputs of a data set, and whether they are a file that is mapped."""

    data: DataSpec | None = None

    def to_dict(self):
        own = {name: getattr(self, name) for name in ("mean", "n", "seed", "folder")}
        data = {"name": self.data.name, "arguments": dict(self.data.arguments)}
        return {"kind": f"{__name__}:ContentCell", **own, "inputs": [data]}

    @classmethod
    def from_dict(cls, values):
        (data,) = values["inputs"]
        own = {name: values[name] for name in ("mean", "n", "seed", "folder")}
        return cls(**own, data=DataSpec(data["name"], data["arguments"]))

    def fit(self, report=None):
        x = self.data.make().x_train
        base = x
        while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
            base = base.base
        return np.array([x.mean(), isinstance(base, np.memmap)], float)
