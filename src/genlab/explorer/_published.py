"""What was published for the networks of a stored run, where they are trained as published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

# What decides how a network is trained and tested, apart from its seed.
_DECIDES = ("data", "model", "recipe", "label_noise", "start")


def published_errors(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The errors that publications give for the networks of a cell's JSON.

    Parameters
    ----------
    spec
        JSON of a `TrainingCell`; its seed does not count.

    Returns
    -------
    list
        curve ("train_error" or "test_error"), step, value (a fraction) and source of each. Empty
        where data, model, recipe or label noise are not the published ones.
    """
    return _published().get(_training(spec), [])


@cache
def _published() -> dict[str, list[dict[str, Any]]]:
    """How a network is trained -> what the experiments say was published for it."""
    from genlab.experiments import EXPERIMENTS

    found: dict[str, list[dict[str, Any]]] = {}
    for experiment in EXPERIMENTS.values():
        for run in experiment.published_runs():
            found.setdefault(_training(run.cell.to_dict()), []).extend(
                {"curve": curve, "step": step, "value": value, "source": run.source}
                for curve, step, value in run.points
            )
    return found


def _training(spec: Mapping[str, Any]) -> str:
    return json.dumps([spec.get(name) for name in _DECIDES], sort_keys=True)
