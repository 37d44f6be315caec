"""The pages and files of experiments and searches; no measuring here."""

from genlab.report._diagnosis_page import write_diagnosis
from genlab.report._selection_page import RESULTS as SELECTION_RESULTS
from genlab.report._selection_page import write_selection
from genlab.report._write import (
    SINGLE_FILE,
    check_kept,
    read_results,
    to_csv,
    write_pages,
    write_report,
    write_result,
    writing_beside,
)

__all__ = [
    "SELECTION_RESULTS",
    "SINGLE_FILE",
    "check_kept",
    "read_results",
    "to_csv",
    "write_diagnosis",
    "write_pages",
    "write_report",
    "write_result",
    "write_selection",
    "writing_beside",
]
