"""The command `genlab train`: a model into a folder."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genlab._base.errors import GenlabError
from genlab.cli._console import print_table, progress
from genlab.cli._data import file_data, named_data
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._folders import make_writable
from genlab.cli._options import DATASETS, DatasetName, Json

if TYPE_CHECKING:
    from genlab.models import ModelSpec

TRAIN_EXAMPLE = "Example: genlab train --dataset mnist1d --model mlp --set hidden=100,100 -o model"

_LEARNING_RATES = {"adam": 0.01, "sgd": 0.1}
_N_EVALUATIONS = 30


def train(
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="Folder of the model.", metavar="DIR", show_default=False),
    ],
    dataset: DatasetName = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="In place of --dataset, an .npz file with x, y, x_test and y_test, or a .csv or "
            ".parquet file with a row an example: set (train or test), label, and the inputs.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(help="A model of genlab.models: mlp, cnn5, resnet, ...", metavar="NAME")
    ] = "mlp",
    configurations: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="A field of the model, such as hidden=100,100; may be given again.",
            metavar="FIELD=VALUE",
            show_default=False,
        ),
    ] = None,
    optimizer: Annotated[str, typer.Option(help="adam or sgd.", metavar="NAME")] = "adam",
    learning_rate: Annotated[
        float | None,
        typer.Option(
            help="Of each step. \\[default: 0.01 of adam, 0.1 of sgd]", show_default=False
        ),
    ] = None,
    momentum: Annotated[float, typer.Option(help="Of sgd.")] = 0.0,
    batch_size: Annotated[int, typer.Option(help="Examples an update.")] = 100,
    steps: Annotated[int, typer.Option(help="Updates.")] = 6000,
    loss: Annotated[
        str, typer.Option(help="cross_entropy or squared.", metavar="NAME")
    ] = "cross_entropy",
    weight_decay: Annotated[float, typer.Option(help="Decoupled from the gradient.")] = 0.0,
    clip_norm: Annotated[
        float | None,
        typer.Option(help="The largest norm of a gradient.", show_default=False),
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(help="crop_flip, of images.", metavar="NAME", show_default=False),
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(
            help="Early stopping: the share of the training examples that is held out; the "
            f"weights of its lowest loss are kept, looked at {_N_EVALUATIONS} times.",
            show_default=False,
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(help="End after so many looks without a lower loss.", show_default=False),
    ] = None,
    label_noise: Annotated[
        float, typer.Option(help="Share of the training labels that are drawn anew.")
    ] = 0.0,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Of label noise, first weights and batches.")
    ] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace a model that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Train a model and save it in a folder: weights, spec and metrics.

    The files are weights.safetensors, model.json and metrics.json. The same
    command gives the same weights again.
    """
    if (dataset is None) == (data is None):
        raise UsageError("give either --dataset NAME or --data FILE.")
    if dataset is not None and dataset not in DATASETS:
        raise UsageError(f"--dataset must be one of {', '.join(DATASETS)}, got {dataset!r}.")
    from genlab.sweep import ONE_THREAD, environment

    os.environ.update(ONE_THREAD)  # before JAX starts: bits depend on the number of threads
    from genlab.datasets import LabelNoise
    from genlab.measure import wilson_interval
    from genlab.training import METRICS_FILE as METRICS
    from genlab.training import SPEC_FILE as SPEC
    from genlab.training import EarlyStopping, Progress, Recipe, save_model
    from genlab.training import train as fit

    with as_usage():
        spec = _model(model, configurations or [])
        stopping = None
        if validation is not None:
            stopping = EarlyStopping(validation, patience)
        elif patience is not None:
            raise ValueError("--patience belongs to early stopping, which --validation asks for.")
        recipe = Recipe(
            optimizer,
            _LEARNING_RATES.get(optimizer, 0.01) if learning_rate is None else learning_rate,
            steps,
            batch_size,
            momentum=momentum,
            loss=loss,
            augment=augment,
            weight_decay=weight_decay,
            clip_norm=clip_norm,
            early_stopping=stopping,
            # Of the curves only the end is kept; between them the bar moves.
            evaluate_every=max(1, steps // _N_EVALUATIONS),
        )
        noise = LabelNoise.of(label_noise)
    if (out / SPEC).exists() and not force:
        raise GenlabError(f"{out} holds a model already; --force replaces it.")
    make_writable(out, [])
    if data is not None:
        examples = file_data(data)
    else:
        assert dataset is not None
        examples = named_data(dataset)
    with as_usage():  # what does not go with these data
        n_parameters = spec.n_parameters(examples.input_shape, examples.n_classes)
        recipe.examples_a_step(examples.n_train)
        start = time.perf_counter()
        with progress(quiet=as_json) as bar:
            task = bar.add_task(type(spec).__name__, total=recipe.steps, detail="")

            def show(now: Progress) -> None:
                detail = f"step {now.step:,} of {now.steps:,}, loss {now.train_loss:.3f}"
                bar.update(task, completed=now.step, detail=detail)

            run = fit(spec, examples, recipe, (seed,), label_noise=noise or 0.0, progress=show)
        seconds = time.perf_counter() - start
    wrong = round(float(run.test_error[0, run.kept[0]]) * examples.n_test)
    interval = wilson_interval(wrong, examples.n_test)
    low, high = float(interval.low), float(interval.high)
    save_model(
        out,
        run,
        examples,
        metrics={
            "test_error_low": low,
            "test_error_high": high,
            "n_parameters": n_parameters,
            "seconds": seconds,
            "environment": environment(),
        },
        overwrite=force,
    )
    metrics = json.loads((out / METRICS).read_bytes())
    if as_json:
        print(json.dumps({"folder": str(out), **metrics}, indent=1))
        return
    names = ("train_loss", "test_loss", "train_error", "test_error")
    bounds = {"test_error": (low, high)}
    rows = []
    for name in names:
        of_it = bounds.get(name, (None, None))
        rows.append(
            {"metric": name, "value": metrics[name], "95% low": of_it[0], "95% high": of_it[1]}
        )
    print_table(rows)
    print(
        f"{out}: {spec}, {n_parameters:,} parameters, weights of step {metrics['step']:,}, "
        f"{seconds:,.1f} s"
    )


def _model(name: str, configurations: list[str]) -> ModelSpec:
    """The spec of this name, its fields set from texts such as "hidden=100,100"."""
    from genlab.cli._fields import spec_from_texts
    from genlab.models import MODELS

    by_name = {known.lower(): kind for known, kind in MODELS.items()}
    if name.lower() not in by_name:
        raise ValueError(f"--model must be one of {', '.join(MODELS)}, got {name!r}.")
    return spec_from_texts(by_name[name.lower()], configurations)
