"""The command `genlab select`: a search for a configuration, its report, and one look at the test set."""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genlab._base.errors import DataFileError, GenlabError, SealedError
from genlab.cli._console import print_table, say
from genlab.cli._data import file_data, named_data
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._folders import make_writable
from genlab.cli._options import DATASETS, DatasetName, Json

if TYPE_CHECKING:
    from genlab.datasets import Dataset
    from genlab.sealing import Opening, SealedTestSet
    from genlab.selection import Search, Selection, SelectionReport, SelectProgress
    from genlab.sweep import Store

SELECT_EXAMPLE = (
    "Example: genlab select --dataset mnist1d --search learning_rate=1e-4..0.1:log "
    "--search width=10..400:log --search depth=1,2,3 --set steps=2000 --trials 30 -o chosen"
)


def select(
    search: Annotated[
        Path | None,
        typer.Argument(
            help="A TOML file with the tables data, search, model and parameters.",
            metavar="SEARCH.toml",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder of the report.", metavar="DIR")
    ] = Path("genlab-selection"),
    dataset: DatasetName = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="In place of --dataset, an .npz, .csv or .parquet file as `genlab train` takes; "
            "it may hold training examples alone.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="A model of genlab.models, or several between commas to choose from. "
            "\\[default: mlp]",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    estimator: Annotated[
        str | None,
        typer.Option(
            help="In place of --model, a scikit-learn classifier such as sklearn.svm.SVC, "
            "transformers before it between commas.",
            metavar="PATH",
            show_default=False,
        ),
    ] = None,
    searched: Annotated[
        list[str] | None,
        typer.Option(
            "--search",
            help="A parameter and what it may be: width=10..400:log, batch_size=50,100; "
            "may be given again.",
            metavar="NAME=WHAT",
            show_default=False,
        ),
    ] = None,
    fixed: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="A parameter that is the same in all trials; may be given again.",
            metavar="NAME=VALUE",
            show_default=False,
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            min=1, help="Trials in all. \\[default: 50, or all of a grid]", show_default=False
        ),
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(help="tpe, random or grid. \\[default: tpe]", show_default=False),
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(
            help="Share of the training examples to choose by. \\[default: 0.2]",
            show_default=False,
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(help="In place of --validation, folds held out in turn.", show_default=False),
    ] = None,
    prune: Annotated[
        bool | None,
        typer.Option(
            "--prune/--no-prune",
            help="End poor trials after a quarter of their steps.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=2**32 - 1, help="Of all that is random. \\[default: 0]", show_default=False
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Worker processes. \\[default: one a core]", show_default=False),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            help="Database of finished trials: a file or a URL. \\[default: $GENLAB_STORE, or a "
            "file in the user's data folder]",
            metavar="URL",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="Of the search in the store. \\[default: made from what is searched]",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    open_test: Annotated[
        bool,
        typer.Option(
            "--open-test/--seal", help="Open the sealed test set, once, with the chosen model."
        ),
    ] = False,
    reason: Annotated[
        str | None,
        typer.Option(help="Why it is opened.", metavar="TEXT", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Choose a configuration by validation error, and say how far that can be believed.

    The test set is sealed from the start. Every finished trial is kept in
    the store: the same command goes on where it was stopped, and several at
    once share the trials.
    """
    if open_test and (reason is None or not reason.strip()):
        raise UsageError("--open-test must come with --reason TEXT, which is written down.")
    if reason is not None and not open_test:
        raise UsageError("--reason belongs to --open-test.")
    of_what = {
        "--dataset": dataset,
        "--data": data,
        "--model": model,
        "--estimator": estimator,
        "--search": searched,
        "--set": fixed,
    }
    given = {option: value for option, value in of_what.items() if value}
    if search is not None and given:
        raise UsageError(f"{next(iter(given))} must be left out where {search} is given.")
    from genlab.sweep import ONE_THREAD

    os.environ.update(ONE_THREAD)  # before JAX starts: bits depend on the number of threads
    from genlab.selection import SearchOptions, search_from_file, search_from_options
    from genlab.sweep import Store

    options = SearchOptions(trials, sampler, validation, folds, prune, seed, name)
    with as_usage():
        if search is not None:
            asked = search_from_file(search, options)
        else:
            asked = search_from_options(
                dataset, data, model, estimator, searched or [], fixed or [], options
            )
        if asked.dataset is not None and asked.dataset not in DATASETS:
            raise ValueError(
                f"the data set must be one of {', '.join(DATASETS)}, got {asked.dataset!r}."
            )
    _refuse_a_model(out)
    make_writable(out, [])
    what = [str(search)] if search is not None else _words(given)
    changed = {f"--{name}": value for name, value in vars(options).items() if value is not None}
    command = shlex.join(["genlab", "select", *what, *_words(changed)])
    if asked.file is not None:
        examples = file_data(asked.file, needs_test=False)
    else:
        assert asked.dataset is not None
        examples = named_data(asked.dataset)
    with Store(store) as opened:
        report, failed = _searched(asked, examples, opened, out, command, jobs, reason, as_json)
        from genlab.report import write_selection

        page = write_selection(report, out)
    if as_json:
        print(json.dumps(report.to_json(), indent=1, allow_nan=False))
    else:
        _print(report)
        print(f"\nThe page: {page}")
    if failed is not None:
        raise failed


def _searched(
    asked: Search,
    examples: Dataset,
    store: Store,
    out: Path,
    command: str,
    jobs: int | None,
    reason: str | None,
    quiet: bool,
) -> tuple[SelectionReport, GenlabError | None]:
    """The search's report; beside it why the test set could not be opened, where that was asked."""
    from genlab.cli._select_progress import trials_so_far
    from genlab.sealing import seal
    from genlab.selection import choosing_cost, default_trial, importances, selection_report
    from genlab.selection import select as choose

    development, sealed = examples, None
    if examples.n_test:
        development, sealed = seal(examples, store)
    if reason is not None:
        if sealed is None:
            raise DataFileError(f"{asked.file} must hold test examples for --open-test.")
        if sealed.openings:
            say(
                f"the test set was {sealed.openings[0].description}; no other model than that one will "
                "open it again here."
            )
    start = time.perf_counter()
    common: dict[str, Any] = {"seed": asked.seed, "store": store, "jobs": jobs}
    common |= {"validation": asked.validation, "folds": asked.folds}
    with as_usage(), trials_so_far(quiet=quiet) as show:
        found = choose(
            asked.space,
            development,
            n_trials=asked.n_trials,
            sampler=asked.sampler,
            prune=asked.prune,
            name=asked.name,
            progress=show,
            **common,
        )
    told: list[SelectProgress] = []

    def tell(now: SelectProgress) -> None:
        if not told and not now.done and not quiet:
            say("the default configuration is trained, too, to be compared with.")
        told.append(now)

    default = default_trial(asked.space, development, progress=tell, **common)
    cost = choosing_cost(found, default)
    importance = importances(found, seed=asked.seed)
    failed = None
    words, opening = "", None
    if sealed is not None:
        words = "The test set stays sealed."
        if sealed.openings:
            words = "The test set was opened before, by another model."
            opening = _own_opening(sealed, found, development)
        if opening is None and reason is not None:
            try:
                opening = sealed.open(found.model, reason=reason)
            except SealedError as error:
                failed = error
    found = dataclasses.replace(found, opening=opening)
    report = selection_report(
        found,
        cost,
        importance,
        command=command,
        seconds=time.perf_counter() - start,
        sealed=words,
    )
    if asked.space.model is not None:
        from genlab.training import write_saved

        metrics = {row["kind"]: row for row in report.to_json()["tables"]["errors"]}
        write_saved(out, found.model, {"search": found.name, **metrics}, overwrite=True)
    return report, failed


def _own_opening(sealed: SealedTestSet, found: Selection, development: Dataset) -> Opening | None:
    """The opening by this very model, which an earlier run of the same search has made."""
    from genlab.training import as_predictor

    by = as_predictor(found.model, development.input_shape, development.n_classes).by
    for opening in sealed.openings:
        same = all(opening.by.get(name) == by[name] for name in ("type", "hash"))
        if same and by["hash"] is not None and opening.n_wrong is not None:
            return opening
    return None


def _refuse_a_model(out: Path) -> None:
    """GenlabError where a model lies there that is of no search."""
    from genlab.report import SELECTION_RESULTS as RESULTS
    from genlab.training import SPEC_FILE as SPEC

    if (out / SPEC).exists() and not (out / RESULTS).exists():
        raise GenlabError(f"{out} holds a model that is of no search; take another folder.")


def _words(options: dict[str, Any]) -> list[str]:
    """Options as they are typed."""
    words = []
    for option, value in options.items():
        if isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-"))
            continue
        for one in value if isinstance(value, list) else [value]:
            words += [option, str(one)]
    return words


def _print(report: SelectionReport) -> None:
    from genlab.cli._console import console

    console().print(report.answer, markup=False, highlight=False)
    print_table([_row(row) for row in report.tables["errors"]])


def _row(row: dict[str, Any]) -> dict[str, str]:
    low, high = 100 * row["low"], 100 * row["high"]
    interval = f"\\[{low:.1f}, {high:.1f}]"
    return {"": row["what"], "error": f"{row['error']:.1%}", "95% interval": interval}
