"""The command `genlab list`: the experiments."""

from __future__ import annotations

from typing import Any

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
            | {scale: _duration(row[f"{scale}_seconds"]) for scale in SCALES}
            for row in rows
        ]
    )


def _duration(seconds: float) -> str:
    """A time in the largest unit of which it has at least one and a half.

    >>> _duration(45), _duration(420), _duration(10_000), _duration(1_000_000)
    ('45 s', '7 min', '3 h', '12 days')
    """
    for name, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


COMMAND = Command("list", list_experiments, "genlab list --json")
