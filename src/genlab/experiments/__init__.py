"""Experiments: one module each, a question asked and its answer beside the published one."""

from genlab.experiments._experiment import MAX_SEED, SCALES, Context, Experiment, Findings
from genlab.experiments._registry import EXPERIMENTS, get_experiment
from genlab.experiments._results import ExperimentResult, figures, run_experiment

__all__ = [
    "EXPERIMENTS",
    "MAX_SEED",
    "SCALES",
    "Context",
    "Experiment",
    "ExperimentResult",
    "Findings",
    "figures",
    "get_experiment",
    "run_experiment",
]
