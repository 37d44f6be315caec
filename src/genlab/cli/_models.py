"""The model or estimator that a command is given, and the table of errors that it prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from genlab.cli._options import MODELS
from genlab.cli._settings import read_settings

if TYPE_CHECKING:
    from genlab._base.jsons import Row
    from genlab.training import Recipe

ModelName = Annotated[
    str | None,
    typer.Option(
        help=f"Name of a model: {', '.join(MODELS)}. \\[default: mlp]",
        metavar="NAME",
        show_default=False,
    ),
]
EstimatorPaths = Annotated[
    str | None,
    typer.Option(
        help="Import path of an estimator in place of --model, such as "
        "sklearn.ensemble.RandomForestClassifier; transformers come before it, separated by "
        "commas.",
        metavar="PATH",
        show_default=False,
    ),
]
Folds = Annotated[
    int | None,
    typer.Option(
        help="Number of folds of a cross-validation of the training examples, in place of the "
        "test set.",
        show_default=False,
    ),
]


def seeds_option(default: int) -> Any:
    """The option --seeds of a study that takes `default` seeds, or one with --folds."""
    return typer.Option(
        min=1,
        max=100_000,
        help=f"Number of seeds, from 0 on. \\[default: {default}, or 1 with --folds]",
        metavar="N",
        show_default=False,
    )


class Fitted(NamedTuple):
    """What is fitted: a function from values of parameters to the model, and its recipe."""

    made: Callable[[Mapping[str, Any]], Any]
    recipe: Recipe | None
    types: dict[str, Any] | None


def fitted(
    model: str | None, estimator: str | None, imports: Sequence[str], settings: Sequence[str]
) -> Fitted:
    """The model or estimator that the options describe; TypeError or ValueError."""
    if model is not None and estimator is not None:
        raise ValueError("give either --model NAME or --estimator PATH, got both.")
    if estimator is None:
        return _of_model(model or "mlp", settings)
    from sklearn.base import clone

    from genlab.selection import estimator_from_paths

    if imports:
        whole = estimator_from_paths(estimator.split(","), tuple(imports))
    else:
        whole = estimator_from_paths(estimator.split(","))
    whole.set_params(**_known(whole, read_settings(settings, None)))
    return Fitted(
        lambda values: clone(whole).set_params(**_known(whole, values)), recipe=None, types=None
    )


def _known(estimator: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, where they are of parameters that there are."""
    from genlab.sweep import parameters_of

    known = sorted(parameters_of(estimator))
    for name in values:
        if name not in known:
            raise ValueError(
                f"{name!r} must be a parameter of {type(estimator).__name__} ({', '.join(known)})."
            )
    return dict(values)


def _of_model(name: str, settings: Sequence[str]) -> Fitted:
    from genlab.models import get_model
    from genlab.selection import model_and_recipe, parameter_types

    kind = get_model(name)
    types = parameter_types([kind])
    given = read_settings(settings, types, f"{kind.__name__} or Recipe")
    _, recipe = model_and_recipe(kind, given)
    return Fitted(
        lambda values: model_and_recipe(kind, {**given, **values})[0], recipe=recipe, types=types
    )


def error_rows(bands: Sequence[Row], by: str) -> list[Row]:
    """Rows of a table: at each size the training and the test error with their intervals."""
    tables: dict[Any, Row] = {}
    for row in bands:
        if row["curve"].endswith("error"):
            named = {
                row["curve"]: row["estimate"],
                f"{row['curve']}_low": row["low"],
                f"{row['curve']}_high": row["high"],
            }
            tables.setdefault(row[by], {by: row[by], "n_fits": row["n_fits"]}).update(named)
    return [
        {name: None if value != value else value for name, value in row.items()}
        for row in tables.values()
    ]
