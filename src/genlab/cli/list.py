"""The command `genlab list`: the experiments."""

from __future__ import annotations

from typing import Any

from genlab._base.words import rough_duration
from genlab.cli._command import Command
from genlab.cli._options import Json
from genlab.cli._output import print_json, print_table


def list_experiments(as_json: Json = False) -> None:
    """List the experiments, the question of each, and how long each takes on two cores."""
    from genlab.experiments import EXPERIMENTS, SCALES

    rows: list[dict[str, Any]] = [
        {
            "name": experiment.name,
            "question": experiment.question,
            **{f"{scale}_seconds": experiment.seconds[scale] for scale in SCALES},
        }
        for experiment in EXPERIMENTS.values()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        [
            {"name": row["name"], "question": row["question"]}
            | {scale: rough_duration(row[f"{scale}_seconds"]) for scale in SCALES}
            for row in rows
        ]
    )


COMMAND = Command("list", list_experiments, "genlab list --json")
