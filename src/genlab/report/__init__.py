"""Figures and the page, drawn from results; no measuring here."""

from genlab.report._chart import chart
from genlab.report._figure import Figure
from genlab.report._figures import FIGURES, figures
from genlab.report._number import number
from genlab.report._page import render_page
from genlab.report._write import read_results, to_csv, write_page, write_report, write_result

__all__ = [
    "FIGURES",
    "Figure",
    "chart",
    "figures",
    "number",
    "read_results",
    "render_page",
    "to_csv",
    "write_page",
    "write_report",
    "write_result",
]
