"""Experiments: one module each, a question asked and its answer beside the published one."""

from genlab.experiments._experiment import (
    MAX_SEED,
    SCALES,
    Context,
    Experiment,
    ExperimentResult,
    Findings,
    run_experiment,
)
from genlab.experiments._registry import EXPERIMENTS, get_experiment

__all__ = [
    "EXPERIMENTS",
    "MAX_SEED",
    "SCALES",
    "Context",
    "Experiment",
    "ExperimentResult",
    "Findings",
    "get_experiment",
    "run_experiment",
]
