"""A laboratory for one question: how well will a model do on data it has not seen.

>>> import genlab
>>> data = genlab.datasets.make_mnist1d(n_samples=100)
>>> data.x_train.shape
(80, 40)

Importing genlab loads none of its parts: each subpackage, and with it JAX,
SQLAlchemy or Altair, is loaded when its name is first used.
"""

from __future__ import annotations

import importlib

from genlab._base.errors import (
    ConformanceError,
    DataFileError,
    DataWarning,
    DivergedError,
    DivergenceWarning,
    FailedFitsError,
    FailedFitsWarning,
    FailedTrialsWarning,
    GenlabError,
    MissingClassWarning,
    ModelFileError,
    RetriedWarning,
    SealedError,
    SearchError,
    StoreError,
    UnseededWarning,
    UntrainedWarning,
    WaitingWarning,
    WorkerError,
)
from genlab._base.version import __version__

TYPE_CHECKING = False  # `typing` takes longer to import than all else here
if TYPE_CHECKING:
    from typing import Any

    from genlab import (
        charts,
        datasets,
        estimators,
        experiments,
        explorer,
        measure,
        models,
        report,
        sealing,
        selection,
        studies,
        sweep,
        testing,
        training,
    )
    from genlab.sealing import seal
    from genlab.selection import select
    from genlab.studies import capacity_curve, decompose, diagnose, learning_curve
    from genlab.training import History, Recipe, StepDecay, load_model, save_model, train

__all__ = [
    "ConformanceError",
    "DataFileError",
    "DataWarning",
    "DivergedError",
    "DivergenceWarning",
    "FailedFitsError",
    "FailedFitsWarning",
    "FailedTrialsWarning",
    "GenlabError",
    "History",
    "MissingClassWarning",
    "ModelFileError",
    "Recipe",
    "RetriedWarning",
    "SealedError",
    "SearchError",
    "StepDecay",
    "StoreError",
    "UnseededWarning",
    "UntrainedWarning",
    "WaitingWarning",
    "WorkerError",
    "__version__",
    "capacity_curve",
    "charts",
    "datasets",
    "decompose",
    "diagnose",
    "estimators",
    "experiments",
    "explorer",
    "learning_curve",
    "load_model",
    "measure",
    "models",
    "report",
    "save_model",
    "seal",
    "sealing",
    "select",
    "selection",
    "studies",
    "sweep",
    "testing",
    "train",
    "training",
]

_ROOMS = frozenset(
    {
        "charts",
        "datasets",
        "estimators",
        "experiments",
        "explorer",
        "measure",
        "models",
        "report",
        "sealing",
        "selection",
        "studies",
        "sweep",
        "testing",
        "training",
    }
)
_SHORTCUTS = {
    "History": "training",
    "Recipe": "training",
    "StepDecay": "training",
    "capacity_curve": "studies",
    "decompose": "studies",
    "diagnose": "studies",
    "learning_curve": "studies",
    "load_model": "training",
    "save_model": "training",
    "seal": "sealing",
    "select": "selection",
    "train": "training",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"genlab.{name}")
    if name in _SHORTCUTS:
        return getattr(importlib.import_module(f"genlab.{_SHORTCUTS[name]}"), name)
    raise AttributeError(f"module 'genlab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
