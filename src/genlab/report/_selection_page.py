"""The folder of a search: its page, numbers, tables and figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from genlab._base.files import write_whole
from genlab._base.jsons import finite, in_lines
from genlab.charts import ScoreShown, selection_figures
from genlab.report._page import TITLE
from genlab.report._pictures import said, shown, write_figures, write_library
from genlab.report._render import render
from genlab.report._section import section_of
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
    score = ScoreShown(**report.score_shown)
    drawn = selection_figures(tables, report.chosen, report.interval, score)
    extreme = "highest" if score.greater_is_better else "lowest"
    of = score.words.removeprefix("validation ")
    write_figures(drawn, out)
    write_library(out)
    text = in_lines(report.to_json())
    write_whole(out / RESULTS, text.encode())
    section = section_of(
        {**vars(report), "published": []},
        [shown(said(figure), out) for figure in drawn],
        tables,
        anchor="selection",
        title="Choosing hyperparameters",
        question=_QUESTION.format(extreme, score.words, of),
        command=report.command,
        facts={"search": report.name, "seed": report.search["seed"]},
        numbers=RESULTS,
        machine=report.machine,
        opened=list(tables)[:1],
    )
    page = render("result.html", title=TITLE, sections=[section], lead=None)
    write_whole(out / PAGE, page.encode())
    return out / PAGE
