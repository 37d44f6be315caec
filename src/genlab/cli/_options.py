"""Options that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

#: What `--dataset` may name -> the function of `genlab.datasets` that makes it.
DATASETS = {
    "mnist1d": "make_mnist1d",
    "mnist": "fetch_mnist",
    "cifar10": "fetch_cifar10",
    "cifar100": "fetch_cifar100",
}

Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output, nothing else.")]
DatasetName = Annotated[
    str | None,
    typer.Option(
        help=f"{', '.join(DATASETS)}: what it is trained on.", metavar="NAME", show_default=False
    ),
]
