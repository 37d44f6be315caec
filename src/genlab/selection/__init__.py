"""Choosing hyperparameters by validation error, and what the choice costs."""

from genlab.selection._choosing_cost import (
    ChoosingCost,
    choosing_cost,
    default_configuration,
    default_trial,
    importances,
)
from genlab.selection._dimensions import Choice, Integer, Real
from genlab.selection._report import SelectionReport, selection_report, configuration_text
from genlab.selection._search_file import (
    Search,
    SearchOptions,
    search_from_file,
    search_from_options,
)
from genlab.selection._select import SelectProgress, select
from genlab.selection._selection import Selection, Trial
from genlab.selection._sklearn_names import estimator_from_paths
from genlab.selection._space import Space

__all__ = [
    "Choice",
    "ChoosingCost",
    "Integer",
    "Real",
    "Search",
    "SearchOptions",
    "SelectProgress",
    "Selection",
    "SelectionReport",
    "Space",
    "Trial",
    "choosing_cost",
    "default_configuration",
    "default_trial",
    "estimator_from_paths",
    "importances",
    "search_from_file",
    "search_from_options",
    "select",
    "selection_report",
    "configuration_text",
]
