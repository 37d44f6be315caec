"""The command `genlab select`: hyperparameters chosen by validation score, and their report."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genlab._base.errors import DataFileError, GenlabError
from genlab.cli._command import Command
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._examples import (
    check_data_options,
    check_name,
    read_data,
    table_options,
    use_one_thread,
)
from genlab.cli._folders import make_writable
from genlab.cli._options import (
    MAX_SEED,
    MODELS,
    Dask,
    DataFile,
    DatasetName,
    DroppedColumns,
    Fresh,
    GroupColumn,
    Imports,
    Jobs,
    Json,
    OutFolder,
    Settings,
    Store,
    TargetColumn,
    TaskName,
    TestRows,
    TimeLimit,
)
from genlab.cli._output import print_json
from genlab.cli._select_output import DefaultProgress, print_report, say_openings
from genlab.cli._settings import as_typed, read_orders
from genlab.cli._workers import workers

if TYPE_CHECKING:
    from genlab.datasets import TableOptions
    from genlab.selection import Search, SearchOptions


def select(
    search: Annotated[
        Path | None,
        typer.Argument(
            help="TOML file with the tables data, search, model and parameters.",
            metavar="SEARCH.toml",
            show_default=False,
        ),
    ] = None,
    out: OutFolder = Path("genlab-selection"),
    dataset: DatasetName = None,
    data: DataFile = None,
    target: TargetColumn = None,
    test: TestRows = None,
    task: TaskName = None,
    groups: GroupColumn = None,
    drop: DroppedColumns = None,
    model: Annotated[
        str | None,
        typer.Option(
            help=f"Name of a model: {', '.join(MODELS)}; or several separated by commas to choose "
            "from. \\[default: mlp]",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    estimator: Annotated[
        str | None,
        typer.Option(
            help="Import path of an estimator in place of --model, such as sklearn.svm.SVC or "
            "xgboost.XGBClassifier; transformers come before it, separated by commas. It may be "
            "of scikit-learn, XGBoost, LightGBM, CatBoost, skorch, Keras or genlab.estimators.",
            metavar="PATH",
            show_default=False,
        ),
    ] = None,
    imports: Imports = None,
    searched: Annotated[
        list[str] | None,
        typer.Option(
            "--search",
            help="Search range or options of a parameter, such as width=10..400:log or "
            "batch_size=50,100; may be repeated.",
            metavar="NAME=RANGE",
            show_default=False,
        ),
    ] = None,
    settings: Settings = None,
    try_first: Annotated[
        list[str] | None,
        typer.Option(
            "--try-first",
            help="Configuration to try before all others, such as 'width=100 depth=2'; parameters "
            "that it leaves out are drawn. May be repeated.",
            metavar="'NAME=VALUE ...'",
            show_default=False,
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of configurations to try. \\[default: 50, or all of a grid]",
            show_default=False,
        ),
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(help="Sampler: tpe, random or grid. \\[default: tpe]", show_default=False),
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(
            help="Fraction of the training examples held out for validation. \\[default: 0.2]",
            show_default=False,
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            help="Number of folds for cross-validation, in place of --validation.",
            show_default=False,
        ),
    ] = None,
    scoring: Annotated[
        str | None,
        typer.Option(
            help="Score by which configurations are compared: error, balanced_error, log_loss, "
            "brier, f1 or auc; for a regression error (1 − R²), r2, mse, rmse or mae; or any "
            "scorer of scikit-learn's, such as average_precision. \\[default: error]",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    prune: Annotated[
        bool | None,
        typer.Option(
            "--prune/--no-prune",
            help="Stop poor trials after a quarter of their steps.",
            show_default=False,
        ),
    ] = None,
    choose: Annotated[
        str | None,
        typer.Option(
            help="Rule: best (the lowest validation error, or the best score), or "
            "one-standard-error: the simplest configuration that is at most one standard error "
            "worse. \\[default: best]",
            metavar="RULE",
            show_default=False,
        ),
    ] = None,
    simplest: Annotated[
        list[str] | None,
        typer.Option(
            help="What one-standard-error counts as simpler: low or high values of a parameter, "
            "such as max_depth=low, or its options from the simplest on; may be repeated. "
            "\\[default: the fewest parameters of a model]",
            metavar="NAME=ORDER",
            show_default=False,
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            help="Time limit in minutes, after which no new trial begins; the same command "
            "continues the search. \\[default: none]",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=MAX_SEED,
            help="Seed of all random choices. \\[default: 0]",
            show_default=False,
        ),
    ] = None,
    jobs: Jobs = None,
    dask: Dask = None,
    time_limit: TimeLimit = None,
    store: Store = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="Name of the search in the store. \\[default: derived from the search]",
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
        typer.Option(
            help="Reason for opening the test set; it is recorded.",
            metavar="TEXT",
            show_default=False,
        ),
    ] = None,
    fresh: Fresh = False,
    as_json: Json = False,
) -> None:
    """Choose hyperparameters by validation error, and estimate how optimistic the chosen error is.

    --scoring names another score, such as log_loss or r2. It is maximised where
    greater is better.

    One of --dataset and --data is required, unless SEARCH.toml names the data;
    --target makes any table a data set. The test set is sealed from the start;
    a data file may also hold training examples alone. Every finished trial is
    stored: the same command resumes where it was stopped, and several
    processes that run it at the same time share the trials. --fresh runs all
    trials again.
    """
    if open_test and (reason is None or not reason.strip()):
        raise UsageError("--open-test must come with --reason TEXT, which is recorded.")
    if reason is not None and not open_test:
        raise UsageError("--reason belongs to --open-test.")
    given = {
        "--dataset": dataset,
        "--data": data,
        "--target": target,
        "--test": test,
        "--task": task,
        "--groups": groups,
        "--drop": drop,
        "--model": model,
        "--estimator": estimator,
        "--search": searched,
        "--set": settings,
        "--try-first": try_first,
    }
    given = {option: value for option, value in given.items() if value}
    if search is not None and given:
        raise UsageError(f"{next(iter(given))} must be left out where {search} is given.")
    table = None
    if search is None:
        check_data_options(dataset, data)
        table = table_options(data, target, test, task, groups, drop)
    use_one_thread()
    from genlab.report import write_selection
    from genlab.selection import SearchOptions, check_search_of, run_search, search_from_file
    from genlab.sweep import Store as ResultStore
    from genlab.training import write_saved

    packages = tuple(imports or ())
    with as_usage({"packages": "--import"}):
        options = SearchOptions(
            trials=trials,
            sampler=sampler,
            validation=validation,
            folds=folds,
            scoring=scoring,
            prune=prune,
            seed=seed,
            name=name,
            minutes=minutes,
            choose=choose,
            simplest=read_orders(simplest or []),
        )
        if search is not None:
            described = search_from_file(search, options, packages=packages)
        else:
            described = _search(
                dataset,
                data,
                table,
                model,
                estimator,
                searched or [],
                settings or [],
                options,
                try_first or [],
                packages,
            )
    if described.dataset is not None:
        check_name(described.dataset, "--dataset" if search is None else f"{search}: `dataset`")
    _refuse_a_model(out)
    make_writable(out, [])
    what = [str(search)] if search is not None else as_typed(given)
    what += as_typed({"--import": list(packages)})
    changed = {f"--{name}": value for name, value in vars(options).items() if value is not None}
    if simplest:
        changed["--simplest"] = simplest
    command = shlex.join(["genlab", "select", *what, *as_typed(changed)])
    examples = read_data(
        described.dataset, described.file, described.table, quiet=as_json, needs_test=False
    )
    if reason is not None and not examples.n_test:
        raise DataFileError(f"{described.file} must hold test examples for --open-test.")
    from genlab.cli._select_progress import trials_so_far

    with ResultStore(store) as opened:
        with as_usage():
            check_search_of(described, examples, opened)
            if reason is not None:
                say_openings(examples, opened)
        with workers(jobs, dask, time_limit) as running, trials_so_far(quiet=as_json) as show:
            result = run_search(
                described,
                examples,
                opened,
                reason=reason,
                jobs=running,
                fresh=fresh,
                command=command,
                progress=show,
                default_progress=DefaultProgress(quiet=as_json),
            )
    report = result.report
    if described.space.model is not None:
        metrics = {row["kind"]: row for row in report.to_json()["tables"]["errors"]}
        write_saved(out, result.selection.model, {"search": report.name, **metrics}, overwrite=True)
    page = write_selection(report, out)
    if as_json:
        print_json(report.to_json())
    else:
        print_report(report)
        print(f"\nThe page: {page}")
    if result.refused is not None:
        raise result.refused


def _search(
    dataset: str | None,
    file: Path | None,
    table: TableOptions | None,
    model: str | None,
    estimator: str | None,
    searched: list[str],
    settings: list[str],
    options: SearchOptions,
    try_first: list[str] | None = None,
    packages: tuple[str, ...] = (),
) -> Search:
    """The search that the options describe; TypeError or ValueError."""
    from genlab.cli._settings import read_ranges, read_settings
    from genlab.models import get_model
    from genlab.selection import (
        configuration_from_texts,
        estimator_space,
        make_search,
        model_names,
        model_space,
        parameter_types,
    )

    if model is not None and estimator is not None:
        raise ValueError("give either --model NAME or --estimator PATH, got both.")
    if not searched:
        raise ValueError("--search NAME=RANGE must name at least one parameter, got none.")
    types: dict[str, Any] | None = None
    owner = ""
    if estimator is not None:
        seed = 0 if options.seed is None else options.seed
        ranges, fixed = read_ranges(searched, None), read_settings(settings, None)
        space = estimator_space(estimator.split(","), ranges, fixed, seed, packages)
    else:
        names = model_names((model or "mlp").split(","), packages)
        types = parameter_types(get_model(name) for name in names)
        owner = f"{' or '.join(names)} or Recipe"
        ranges = read_ranges(searched, types, owner)
        space = model_space(names, ranges, read_settings(settings, types, owner))
        types["model"] = str
    first = [
        configuration_from_texts(
            space, read_settings(shlex.split(text), types, owner, "--try-first")
        )
        for text in try_first or []
    ]
    return make_search(space, options, dataset=dataset, file=file, table=table, try_first=first)


def _refuse_a_model(out: Path) -> None:
    """GenlabError where the folder holds a model that no search has written."""
    from genlab.report import SELECTION_RESULTS
    from genlab.training import SPEC_FILE

    if (out / SPEC_FILE).exists() and not (out / SELECTION_RESULTS).exists():
        raise GenlabError(f"{out} holds a model that no search has written; take another folder.")


COMMAND = Command(
    "select",
    select,
    "genlab select --dataset mnist1d --search learning_rate=1e-4..0.1:log "
    "--search width=10..400:log --search depth=1,2,3 --set steps=2000 --trials 30 -o chosen",
)
