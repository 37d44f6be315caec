"""The commands `genlab data ...`: data sets as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from genlab.cli._command import Command, Group
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._options import OutFile, Seed
from genlab.cli._progress import progress


def mnist1d(
    n: Annotated[
        int, typer.Option("--n", min=10, help="Number of training and test examples together.")
    ] = 5000,
    out: OutFile = None,
    method: Annotated[
        str,
        typer.Option(
            help="Generator. exact: the published examples. fast: the same distribution, any "
            "number.",
            metavar="METHOD",
        ),
    ] = "exact",
    seed: Seed = 42,
    train_split: Annotated[
        float, typer.Option(min=0, max=1, help="Fraction of the examples for training.")
    ] = 0.8,
    length: Annotated[int, typer.Option(min=2, help="Number of inputs per example.")] = 40,
    shuffle: Annotated[
        bool,
        typer.Option(
            "--shuffle", help=("Shuffle the input positions, in the same way for all examples.")
        ),
    ] = False,
    chunk_size: Annotated[
        int, typer.Option(min=1, help="Number of examples in memory at once.")
    ] = 10_000,
    jobs: Annotated[int, typer.Option(min=1, help="Number of threads of the fast method.")] = 1,
    check: Annotated[
        Path | None,
        typer.Option(
            help="File to compare with the frozen published set; exit status 1 if it differs.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write MNIST-1D to a file, or check whether a file is the frozen published set.

    The file's suffix decides its format: .npz, .parquet or .csv. It holds the
    recipe that makes it again.
    """
    if (out is None) == (check is None):
        raise UsageError("give either -o FILE, to write one, or --check FILE.")
    from genlab.datasets import check_mnist1d, check_mnist1d_options, write_mnist1d

    if check is not None:
        with as_usage():
            is_frozen, sentence = check_mnist1d(check)
        print(sentence)
        raise typer.Exit(0 if is_frozen else 1)
    assert out is not None
    options: dict[str, Any] = {
        "method": method,
        "chunk_size": chunk_size,
        "jobs": jobs,
        "seed": seed,
        "final_seq_length": length,
        "shuffle_seq": shuffle,
    }
    with as_usage():
        check_mnist1d_options(out, n, train_split, **options)
    with progress(quiet=False) as bar:
        task = bar.add_task(out.name, total=n, detail="", visible=False)
        written = write_mnist1d(
            out,
            n,
            train_split,
            progress=lambda done: bar.update(
                task, completed=done, visible=True, detail=f"{done:,} of {n:,} examples"
            ),
            **options,
        )
    print(f"{out}: {written:,} examples of MNIST-1D, {out.stat().st_size / 1e6:,.1f} MB")


COMMAND = Group(
    "data",
    "Write data sets to files, and check files.",
    (
        Command(
            "mnist1d",
            mnist1d,
            "genlab data mnist1d --n 1000000 --method fast -o examples.parquet",
        ),
    ),
)
