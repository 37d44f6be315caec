"""The sentences of `theory-double-descent`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genlab._base.jsons import Row
from genlab._base.words import estimate, percent
from genlab.experiments.linear_theory.protocol import Protocol

#: Codes of models -> what people read.
MODEL_TEXTS = {
    "isotropic": "linear, equal variances",
    "general": "linear, two variances",
    "random_features": "random ReLU features",
}
KERNEL_TEXTS = {"nngp": "NNGP", "ntk": "NTK"}
Tables = Mapping[str, Sequence[Row]]


def answer(tables: Tables, protocol: Protocol) -> str:
    return "TODO."


def finding(tables: Tables) -> str:
    return "TODO is a sentence of five words."


def notes(tables: Tables, protocol: Protocol) -> list[str]:
    return []
