"""Choosing hyperparameters by validation error, and what the choice costs."""

from genlab.selection._choosing_cost import (
    ChoosingCost,
    choosing_cost,
    default_configuration,
    default_trial,
    importances,
)
from genlab.selection._dimensions import Choice, Integer, Real
from genlab.selection._estimator_names import estimator_from_paths
from genlab.selection._one_standard_error import OneStandardError, Simplicity
from genlab.selection._report import SelectionReport, configuration_text, selection_report
from genlab.selection._run_search import SearchResult, check_search_of, run_search
from genlab.selection._running import SelectProgress
from genlab.selection._scoring import Scoring
from genlab.selection._search import (
    Search,
    SearchOptions,
    configuration_from_texts,
    estimator_space,
    make_search,
    model_names,
    model_space,
)
from genlab.selection._search_file import search_from_file
from genlab.selection._select import check_search, select
from genlab.selection._selection import Selection
from genlab.selection._space import Space, model_and_recipe, parameter_names, parameter_types
from genlab.selection._trial import Trial

__all__ = [
    "Choice",
    "ChoosingCost",
    "Integer",
    "OneStandardError",
    "Real",
    "Scoring",
    "Search",
    "SearchOptions",
    "SearchResult",
    "SelectProgress",
    "Selection",
    "SelectionReport",
    "Simplicity",
    "Space",
    "Trial",
    "check_search",
    "check_search_of",
    "choosing_cost",
    "configuration_from_texts",
    "configuration_text",
    "default_configuration",
    "default_trial",
    "estimator_from_paths",
    "estimator_space",
    "importances",
    "make_search",
    "model_and_recipe",
    "model_names",
    "model_space",
    "parameter_names",
    "parameter_types",
    "run_search",
    "search_from_file",
    "select",
    "selection_report",
]
