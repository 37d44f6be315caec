"""A search from beginning to end: seal, search, compare with the default, report."""

from __future__ import annotations

import dataclasses
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from genlab._base.errors import MissingClassWarning, SealedError
from genlab.datasets import Dataset
from genlab.sealing import Opening, SealedTestSet, seal
from genlab.selection._choosing_cost import choosing_cost, default_trial, importances
from genlab.selection._report import SelectionReport, selection_report, with_columns
from genlab.selection._running import SelectProgress
from genlab.selection._search import Search
from genlab.selection._select import check_search, select
from genlab.selection._selection import Selection
from genlab.sweep import Jobs, StoreLike, opened_store
from genlab.training import as_predictor


@dataclass(frozen=True, eq=False)
class SearchResult:
    """What `run_search` returns.

    Attributes
    ----------
    selection
        The finished search, with the refitted model and the opening of the test set, if any.
    report
        Its tables and sentences: what `genlab.report.write_selection` writes.
    refused
        Why the test set was not opened although a reason was given; None otherwise.
    """

    selection: Selection
    report: SelectionReport
    refused: SealedError | None = None


def run_search(
    search: Search,
    data: Dataset,
    store: StoreLike = None,
    *,
    reason: str | None = None,
    jobs: Jobs = None,
    fresh: bool = False,
    command: str = "",
    progress: Callable[[SelectProgress], None] | None = None,
    default_progress: Callable[[SelectProgress], None] | None = None,
) -> SearchResult:
    """Seal the test set, choose a configuration, and measure what choosing costs.

    The default configuration is trained on the same splits, so that the gain of choosing is
    known. Every finished trial is stored: the same call resumes a search that was stopped, and
    several processes that make it share the trials.

    Parameters
    ----------
    search
        What is searched, and how.
    data
        Training examples, and test examples where there is to be a sealed test set. Those of a
        regression are left out, and stay unsealed.
    store
        Where trials and openings are kept: a Store, a database's URL or a SQLite file's path;
        None opens the default one.
    reason
        Why the sealed test set is opened with the chosen model; None leaves it sealed. An
        opening that an earlier run made with the same model is reported again, not repeated.
    jobs
        Number of worker processes, or what runs the trials, as for `select`.
    fresh
        Whether the stored trials of this search and of the default configuration are computed
        again and replaced. Recorded openings of the test set stay.
    command
        The command that repeats the search, for the report.
    progress, default_progress
        Called with a `SelectProgress` whenever something has happened: in the search, and in
        the training of the default configuration.

    Returns
    -------
    SearchResult

    Raises
    ------
    SearchError
        Where every trial failed.
    DivergedError
        Where the refitted model diverged.
    StoreError
        Where the store fails.
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> from genlab.datasets import make_mnist1d
    >>> from genlab.selection import Search, Space
    >>> from genlab.sweep import Store
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": [1, 50]})
    >>> search = Search(space, sampler="grid", folds=4)
    >>> with Store("sqlite://") as store:
    ...     result = run_search(search, make_mnist1d(n_samples=200), store, reason="an example")
    >>> result.selection.parameters, result.selection.opening.n
    ({'n_neighbors': 1}, 40)
    >>> [row["kind"] for row in result.report.tables["errors"]]
    ['trivial', 'default', 'claimed', 'corrected', 'sealed']
    """
    if not isinstance(search, Search):
        raise TypeError(f"`search` must be a Search, got {search!r}.")
    if reason is not None and data.n_test == 0:
        raise ValueError("`reason` must be None where `data` has no test examples to open.")
    with opened_store(store) as opened:
        start = time.perf_counter()
        development, sealed = (data, None) if data.n_test == 0 else seal(data, opened)
        shared: dict[str, Any] = {
            **search.division,
            "scoring": search.scoring,
            "store": opened,
            "jobs": jobs,
            "fresh": fresh,
        }
        selection = select(
            search.space,
            development,
            n_trials=search.n_trials,
            sampler=search.sampler,
            try_first=search.try_first,
            prune=search.prune,
            name=search.name,
            minutes=search.minutes,
            choose=search.choose,
            simplest=search.simplest,
            progress=progress,
            **shared,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MissingClassWarning)  # `select` has warned of it
            default = default_trial(search.space, development, progress=default_progress, **shared)
        cost = choosing_cost(selection, default)
        importance = importances(selection, seed=search.seed)
        opening, state, refused = _opening(sealed, selection, development, reason)
        selection = dataclasses.replace(selection, opening=opening)
        report = selection_report(
            selection,
            cost,
            importance,
            command=command,
            seconds=time.perf_counter() - start,
            sealed=state,
            grouped=data.groups is not None,
        )
        return SearchResult(selection, with_columns(report, data.encoder), refused)


def check_search_of(search: Search, data: Dataset, store: StoreLike = None) -> None:
    """Check that a search goes with the data, as `check_search` does; nothing is trained."""
    check_search(
        search.space,
        data,
        n_trials=search.n_trials,
        sampler=search.sampler,
        try_first=search.try_first,
        prune=search.prune,
        name=search.name,
        minutes=search.minutes,
        choose=search.choose,
        simplest=search.simplest,
        store=store,
        scoring=search.scoring,
        **search.division,
    )


def _opening(
    sealed: SealedTestSet | None, selection: Selection, data: Dataset, reason: str | None
) -> tuple[Opening | None, str, SealedError | None]:
    """The opening, the state of the test set in a sentence, and why it could not be opened."""
    if sealed is None:
        return None, "", None
    state = "The test set stays sealed."
    if sealed.openings:
        state = "The test set was opened before, by another model."
        earlier = _own_opening(sealed, selection, data)
        if earlier is not None:
            return earlier, state, None
    if reason is None:
        return None, state, None
    try:
        return sealed.open(selection.model, reason=reason), state, None
    except SealedError as error:
        return None, state, error


def _own_opening(sealed: SealedTestSet, selection: Selection, data: Dataset) -> Opening | None:
    """The opening by this very model, which an earlier run of the same search has made."""
    n_classes = data.n_classes if data.task == "classification" else None
    by = as_predictor(selection.model, data.input_shape, n_classes).by
    for opening in sealed.openings:
        same = all(opening.by.get(name) == by[name] for name in ("type", "hash"))
        if same and by["hash"] is not None and opening.has_result:
            return opening
    return None
