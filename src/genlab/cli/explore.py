"""The command `genlab explore`: pages to play with, in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from genlab.cli._command import Command
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._options import Json, OutFile, Store
from genlab.cli._output import print_json, print_table, say

if TYPE_CHECKING:
    from genlab.explorer import Served


def explore(
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port, or 0 for any that is free.")
    ] = 8765,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen at. Only this machine can open the pages unless you name "
            "another one, such as 0.0.0.0; then the link holds a secret token.",
            metavar="ADDRESS",
        ),
    ] = "127.0.0.1",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
    out: OutFile = None,
    numbers: Annotated[
        str | None,
        typer.Option(
            help="Print the numbers of a page's link, or of what follows its #, and end.",
            metavar="LINK",
            show_default=False,
        ),
    ] = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Fit, bias and variance, and double descent to play with, in a browser.

    The pages follow a slider while it is dragged. With -o the pages that
    need no server are written to one HTML file, to give away.
    """
    if out is not None and numbers is not None:
        raise UsageError("-o and --numbers exclude each other.")
    if as_json and numbers is None:
        raise UsageError("--json goes with --numbers.")
    if out is not None:
        from genlab._base.files import write_whole
        from genlab.explorer import page_file

        content = page_file().encode()
        write_whole(out, content)
        print(f"{out}: {len(content) / 1e3:,.0f} kB; open it in a browser.")
        return
    if numbers is not None:
        _print_numbers(numbers, as_json=as_json)
        return
    from genlab.cli._examples import use_one_thread
    from genlab.explorer import serve

    use_one_thread()  # as a stored cell was: a network trained again has the same bits

    def ready(running: Served) -> None:
        print(f"The explorer: {running.link}\nCtrl-C stops it.", flush=True)
        if running.is_open:
            say("warning: other machines can open this link; who has it sees the store's runs.")
        if browser:
            import threading
            import webbrowser

            threading.Thread(target=webbrowser.open, args=(running.link,), daemon=True).start()

    serve(host, port, store=store, ready=ready)


def _print_numbers(link: str, *, as_json: bool) -> None:
    from genlab.explorer import parts_of, read_state

    with as_usage({"numbers": "--numbers"}):
        state = read_state(link)
    parts = parts_of(state)
    rows: list[dict[str, Any]] = [
        {"part": name, **values} for name, values in parts["average"].items()
    ]
    rows.append({"part": "median error", **parts["median"]})
    if as_json:
        print_json({"state": state.to_json(), "rows": rows})
    else:
        print_table(rows)


COMMAND = Command("explore", explore, "genlab explore --no-browser")
