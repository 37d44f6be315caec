"""The command `genlab train`: a trained model in a folder."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genlab._base.errors import GenlabError
from genlab._base.texts import read_value
from genlab.cli._command import Command
from genlab.cli._errors import as_usage
from genlab.cli._examples import (
    check_data_options,
    read_data,
    table_options,
    use_one_thread,
)
from genlab.cli._folders import make_writable
from genlab.cli._options import (
    MODELS,
    DataFile,
    DatasetName,
    DroppedColumns,
    GroupColumn,
    Imports,
    Json,
    Seed,
    Settings,
    TargetColumn,
    TaskName,
    TestRows,
)
from genlab.cli._output import print_json, print_table
from genlab.cli._progress import follow_training, progress
from genlab.cli._settings import read_settings

if TYPE_CHECKING:
    from genlab.datasets import Dataset
    from genlab.models import ModelSpec
    from genlab.training import History, Recipe

# How often loss and error are recorded: only the end is kept, between them the bar moves.
_N_EVALUATIONS = 30
# Metrics that are shown, where there are such.
_SHOWN = (
    "train_loss",
    "test_loss",
    "train_error",
    "test_error",
    "test_r_squared",
    "trivial_error",
)


def train(
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="Folder of the model.", metavar="DIR", show_default=False),
    ],
    dataset: DatasetName = None,
    data: DataFile = None,
    target: TargetColumn = None,
    test: TestRows = None,
    task: TaskName = None,
    groups: GroupColumn = None,
    drop: DroppedColumns = None,
    model: Annotated[
        str, typer.Option(help=f"Name of a model: {', '.join(MODELS)}.", metavar="NAME")
    ] = "mlp",
    imports: Imports = None,
    settings: Settings = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            help="Optimiser: adam or sgd. \\[default: adam]", metavar="NAME", show_default=False
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            help="Learning rate. \\[default: 0.001 for adam, 0.1 for sgd]", show_default=False
        ),
    ] = None,
    momentum: Annotated[
        float | None,
        typer.Option(help="Momentum (SGD only). \\[default: 0.0]", show_default=False),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            help="Number of examples per training step. \\[default: 100, or all if fewer]",
            show_default=False,
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(help="Number of training steps. \\[default: 6000]", show_default=False),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            help="Loss: cross_entropy or squared; for a regression squared or absolute; "
            "or one of your own, package.module:function with --import package. "
            "\\[default: cross_entropy, or squared for a regression]",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    weight_decay: Annotated[
        float | None,
        typer.Option(
            help="Weight decay, decoupled from the gradient. \\[default: 0.0]", show_default=False
        ),
    ] = None,
    clip_norm: Annotated[
        float | None,
        typer.Option(
            help="Largest norm of the gradient. \\[default: no limit]", show_default=False
        ),
    ] = None,
    class_weight: Annotated[
        str | None,
        typer.Option(
            help="Weights of the classes in the loss: balanced (the rarer, the heavier), or "
            "CLASS=WEIGHT for some, separated by commas. \\[default: all equal]",
            metavar="WEIGHTS",
            show_default=False,
        ),
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(
            help="Augmentation of images: crop_flip. \\[default: none]",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(
            help="Early stopping: fraction of the training examples held out for validation; "
            "keeps the weights with the lowest validation loss (evaluated "
            f"{_N_EVALUATIONS} times during training).",
            show_default=False,
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            help="Number of evaluations without a lower validation loss after which training ends.",
            show_default=False,
        ),
    ] = None,
    label_noise: Annotated[
        float,
        typer.Option(help="Fraction of the training labels that are replaced at random."),
    ] = 0.0,
    seed: Seed = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a model that the folder holds.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train a model and save it in a folder: weights, spec and metrics.

    One of --dataset and --data is required; --target makes any table a data
    set: numbers, words, dates and gaps become inputs. The files are
    weights.safetensors, model.json and metrics.json. The seed determines
    label noise, initial weights and batch order: the same command gives the same weights again.
    Defaults are those of genlab.Recipe. The trivial error is that of a model
    which always predicts the most frequent class, or the mean of the targets.
    """
    check_data_options(dataset, data)
    table = table_options(data, target, test, task, groups, drop)
    use_one_thread()
    from genlab.datasets import LabelNoise
    from genlab.sweep import environment
    from genlab.training import METRICS_FILE, SPEC_FILE, check_fit, save_model
    from genlab.training import train as train_model

    options = {
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "momentum": momentum,
        "batch_size": batch_size,
        "steps": steps,
        "loss": loss,
        "weight_decay": weight_decay,
        "clip_norm": clip_norm,
        "class_weight": class_weight,
        "augment": augment,
        "early_stopping": validation,
    }
    typed = {name: _option(name) for name, value in options.items() if value is not None}
    typed |= {name: _option(name) for name in ("model", "validation", "patience", "label_noise")}
    typed["packages"] = "--import"
    with as_usage(typed):
        spec, recipe = _specs(model, imports or [], settings or [], options, patience)
        noise = LabelNoise.of(label_noise)
    if (out / SPEC_FILE).exists() and not force:
        raise GenlabError(f"{out} holds a model already; --force replaces it.")
    make_writable(out, [])
    examples = read_data(dataset, data, table, quiet=as_json)
    with as_usage(typed):
        check_fit(spec, examples, recipe, noise)
    n_parameters = spec.n_parameters(examples.input_shape, examples.n_outputs)
    start = time.perf_counter()
    with progress(quiet=as_json) as bar:
        show = follow_training(bar, type(spec).__name__, recipe.steps)
        history = train_model(
            spec, examples, recipe, (seed,), label_noise=noise or 0.0, progress=show
        )
    seconds = time.perf_counter() - start
    measured = _intervals(history, examples)
    save_model(
        out,
        history,
        examples,
        metrics={
            **measured,
            "n_parameters": n_parameters,
            "seconds": seconds,
            "environment": environment(),
            "notes": list(history.notes),
        },
        overwrite=force,
    )
    metrics = json.loads((out / METRICS_FILE).read_bytes())
    if as_json:
        print_json({"folder": str(out), **metrics})
        return
    print_table(
        [
            {
                "metric": name,
                "value": metrics[name],
                "95% low": metrics.get(f"{name}_low"),
                "95% high": metrics.get(f"{name}_high"),
            }
            for name in _SHOWN
            if name in metrics
        ]
    )
    print(
        f"{out}: {spec}, {n_parameters:,} parameters, weights of step {metrics['step']:,}, "
        f"{seconds:,.1f} s"
    )
    for note in history.notes:
        print(note)


def _intervals(history: History, data: Dataset) -> dict[str, float]:
    """The ends of the test error's 95% interval, and the trivial model's error with its own.

    For a regression also R² with its interval.
    """
    from genlab.measure import Evaluation, evaluate_regression, trivial_error

    trivial = trivial_error(data.y_train, data.y_test, data.task).row("trivial_error")
    if history.test_wrong is not None:
        error = Evaluation.of_wrong(history.test_wrong[0]).error.row("test_error")
        return {**{name: error[name] for name in ("test_error_low", "test_error_high")}, **trivial}
    assert history.test_predictions is not None
    found = evaluate_regression(data.y_test, history.test_predictions[0]).r_squared
    return {
        "test_error_low": float(1 - found.high),
        "test_error_high": float(1 - found.low),
        **found.row("test_r_squared"),
        **trivial,
    }


def _specs(
    model: str,
    packages: list[str],
    settings: list[str],
    options: dict[str, Any],
    patience: int | None,
) -> tuple[ModelSpec, Recipe]:
    """The model and the recipe that the options describe; TypeError or ValueError."""
    from genlab.models import get_model
    from genlab.selection import model_and_recipe, parameter_types
    from genlab.training import EarlyStopping, check_loss_allowed

    kind = get_model(model, packages)
    check_loss_allowed(options.get("loss"), packages)
    types = parameter_types([kind])
    values = read_settings(settings, types, f"{kind.__name__} or Recipe")
    check_loss_allowed(values.get("loss"), packages)
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name in values:
            option = "--validation" if name == "early_stopping" else _option(name)
            raise ValueError(f"{option} and --set {name} exclude each other.")
    if "class_weight" in given:
        given["class_weight"] = read_value(given["class_weight"], types["class_weight"])
    if "early_stopping" in given:
        given["early_stopping"] = EarlyStopping(given["early_stopping"], patience)
    elif patience is not None:
        raise ValueError("--patience belongs to early stopping, and must come with --validation.")
    _, recipe = model_and_recipe(kind, {**given, **values})
    every = max(1, recipe.steps // _N_EVALUATIONS)
    return model_and_recipe(kind, {"evaluate_every": every, **given, **values})


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


COMMAND = Command(
    "train",
    train,
    "genlab train --dataset mnist1d --model mlp --set hidden=100,100 -o model",
)
