"""The report's folder: the page, and each experiment's numbers, tables and figures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from genlab._base.errors import GenlabError
from genlab._base.files import write_whole
from genlab._base.jsons import Row
from genlab.experiments import EXPERIMENTS, ExperimentResult, figures
from genlab.report._page import render_page


def write_report(results: Sequence[ExperimentResult], out: Path, command: str) -> Path:
    """Write the results under `out` and the page of all that it now holds.

    Returns the page's path. `command` is what makes the report again.
    """
    for result in results:
        write_result(result, out)
    return write_page(out, command)


def write_result(result: ExperimentResult, out: Path) -> None:
    """Write one experiment's numbers, tables and figures under `out`."""
    folder = out / result.experiment
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in [*result.tables.items(), ("published", result.published)]:
        write_whole(folder / f"{name}.csv", to_csv(rows).encode())
    for figure in figures(result):
        for file_name, content in figure.files().items():
            write_whole(folder / file_name, content)
    # Last, for its being there says that the rest is.
    text = json.dumps(result.to_json(), indent=1, allow_nan=False)
    write_whole(folder / "results.json", text.encode())


def write_page(out: Path, command: str) -> Path:
    """Write the page of all results under `out`, and return its path."""
    page = out / "index.html"
    write_whole(page, render_page(read_results(out), command).encode())
    return page


def read_results(out: Path) -> list[ExperimentResult]:
    """The results that `out` holds, in the order of the registry.

    Raises GenlabError where a results.json cannot be read.
    """
    results = []
    for name in EXPERIMENTS:
        path = out / name / "results.json"
        if not path.is_file():
            continue
        try:
            results.append(ExperimentResult.from_json(json.loads(path.read_text("utf-8"))))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise GenlabError(f"{path} is not a results.json of this genlab: {error}.") from error
    return results


def to_csv(rows: Sequence[Row]) -> str:
    """Rows as CSV; lists are written as JSON."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()}
            )
    return text.getvalue()
