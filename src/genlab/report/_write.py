"""The report's folder: its pages, and each experiment's numbers, tables and figures."""

from __future__ import annotations

import csv
import io
import json
import queue
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from genlab._base.errors import GenlabError
from genlab._base.files import write_whole
from genlab._base.jsons import Row, in_lines
from genlab.experiments import EXPERIMENTS, ExperimentResult, check_columns, figures
from genlab.report._page import (
    THUMBNAIL,
    render_experiment,
    render_front,
    render_single_file,
)
from genlab.report._pictures import TEXTS, said, write_figures, write_library

PAGE, SINGLE_FILE = "index.html", "report.html"
RESULTS = "results.json"


def write_report(
    results: Sequence[ExperimentResult],
    out: Path,
    command: str,
    *,
    png: bool = False,
    single_file: bool = False,
) -> Path:
    """Write the results under `out` and the pages of all that it now holds.

    Returns the path of the front page. `command` is what makes the report again; `png` and
    `single_file` are those of `write_result` and `write_pages`.
    """
    for result in results:
        write_result(result, out, png=png)
    return write_pages(out, command, single_file=single_file)


def write_result(result: ExperimentResult, out: Path, *, png: bool = False) -> None:
    """Write one experiment's numbers, tables and figures under `out`; with `png` as PNG, too."""
    folder = out / result.experiment
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in [*result.tables.items(), ("published", result.published)]:
        write_whole(folder / f"{name}.csv", to_csv(rows).encode())
    drawn = figures(result)
    write_figures(drawn, folder, png=png)
    for figure in drawn[:1]:
        write_whole(folder / THUMBNAIL, figure.thumbnail().encode())
    write_whole(folder / TEXTS, in_lines([said(figure) for figure in drawn]).encode())
    # Last, for its being there says that the rest is.
    write_whole(folder / RESULTS, in_lines(result.to_json()).encode())


@contextmanager
def writing_beside(out: Path, *, png: bool = False) -> Iterator[Callable[[ExperimentResult], None]]:
    """A block in which a thread writes results, so that the block can go on measuring.

    The block is given a function that takes a result, for `write_result`. What could not be
    written raises at the next result or at the end of the block, where all are written; but a
    block that Ctrl-C or another signal ends does not wait for figures.
    """
    waiting: queue.SimpleQueue[ExperimentResult | None] = queue.SimpleQueue()
    errors: list[Exception] = []

    def work() -> None:
        try:
            while (result := waiting.get()) is not None:
                write_result(result, out, png=png)
        except Exception as error:
            errors.append(error)

    def write(result: ExperimentResult) -> None:
        if errors:
            raise errors[0]
        waiting.put(result)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    is_stopped = False
    try:
        yield write
    except (KeyboardInterrupt, SystemExit):
        is_stopped = True
        raise
    finally:
        waiting.put(None)
        if not is_stopped:
            thread.join()
    if errors:
        raise errors[0]


def write_pages(out: Path, command: str, *, single_file: bool = False) -> Path:
    """Write the pages of all results under `out`, and return the path of the front page.

    With `single_file` everything is also written as one page, report.html, which needs no file
    beside it.
    """
    results = read_results(out)
    for result in results:
        if not (out / result.experiment / TEXTS).is_file():
            write_result(result, out)  # an earlier version wrote other files
    write_library(out)
    for before, result, after in zip([None, *results], results, [*results[1:], None], strict=False):
        page = render_experiment(result, out, before, after)
        write_whole(out / result.experiment / PAGE, page.encode())
    if single_file:
        write_whole(out / SINGLE_FILE, render_single_file(results, out, command).encode())
    write_whole(out / PAGE, render_front(results, out, command).encode())
    return out / PAGE


def read_results(out: Path) -> list[ExperimentResult]:
    """The results that `out` holds, in the order of the registry.

    Raises GenlabError where a results.json cannot be read.
    """
    return [_read(out, name) for name in EXPERIMENTS if (out / name / RESULTS).is_file()]


def check_kept(out: Path, replaced: Collection[str]) -> None:
    """GenlabError where pages of `out` could not be made, before hours of work end in it.

    Of all results but those that will be `replaced`, that is where one is damaged, or an earlier
    version has drawn it and this one cannot.
    """
    for name in EXPERIMENTS:
        if name not in replaced and (out / name / RESULTS).is_file():
            result = _read(out, name)
            if not (out / name / TEXTS).is_file():
                check_columns(result)


def _read(out: Path, name: str) -> ExperimentResult:
    path = out / name / RESULTS
    try:
        return ExperimentResult.from_json(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise GenlabError(f"{path} is not a results.json of this genlab: {error}.") from error


def to_csv(rows: Sequence[Row]) -> str:
    """Rows as CSV; lists are written as JSON."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()}
            )
    return text.getvalue()
