"""The folder of a search: its page, numbers, tables and figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from genlab._base.files import write_whole
from genlab._base.jsons import finite
from genlab.charts import ScoreShown, selection_figures
from genlab.report._page import render_sections, section_of
from genlab.report._write import to_csv

if TYPE_CHECKING:
    from genlab.selection import SelectionReport

_QUESTION = "Which configuration has the {} {}, and how optimistic is that {}?"
RESULTS, PAGE = "selection.json", "index.html"


def write_selection(report: SelectionReport, out: Path) -> Path:
    """Write page, numbers, tables and figures under `out`, made if need be; the page's path."""
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in report.tables.items():
        write_whole(out / f"{name}.csv", to_csv(finite(rows)).encode())
    tables = finite(report.tables)
    shown = ScoreShown(**report.score_shown)
    drawn = selection_figures(tables, report.chosen, report.interval, shown)
    extreme = "highest" if shown.greater_is_better else "lowest"
    of = shown.words.removeprefix("validation ")
    for figure in drawn:
        for file_name, content in figure.files().items():
            write_whole(out / file_name, content)
    text = json.dumps(report.to_json(), indent=1, allow_nan=False)
    write_whole(out / RESULTS, text.encode())
    section = section_of(
        {**vars(report), "published": []},
        drawn,
        tables,
        anchor="selection",
        folder=".",
        title="Choosing hyperparameters",
        question=_QUESTION.format(extreme, shown.words, of),
        command=report.command,
        facts={"search": report.name, "seed": report.search["seed"]},
        numbers=RESULTS,
    )
    write_whole(out / PAGE, render_sections([section], report.command).encode())
    return out / PAGE
