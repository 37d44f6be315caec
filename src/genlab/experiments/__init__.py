"""Experiments: one module each, a question asked and its answer beside the published one."""

from genlab.experiments._experiment import (
    MAX_SEED,
    SCALES,
    Context,
    Experiment,
    Findings,
    Missing,
    PublishedRun,
    Table,
)
from genlab.experiments._registry import EXPERIMENTS, get_experiment
from genlab.experiments._results import (
    ExperimentResult,
    check_columns,
    figures,
    missing_sentences,
    run_experiment,
)
from genlab.experiments._summary import Summary, Tally, summarize

__all__ = [
    "EXPERIMENTS",
    "MAX_SEED",
    "SCALES",
    "Context",
    "Experiment",
    "ExperimentResult",
    "Findings",
    "Missing",
    "PublishedRun",
    "Summary",
    "Table",
    "Tally",
    "check_columns",
    "figures",
    "get_experiment",
    "missing_sentences",
    "run_experiment",
    "summarize",
]
