"""The application that the commands make, and what runs it."""

from __future__ import annotations

import importlib
import io
import os
import sys
import warnings
from collections.abc import Iterable
from itertools import takewhile
from typing import Annotated, Any

import typer

from genlab._base import signals
from genlab._base.environment import why_no_device, without_settings
from genlab._base.errors import GenlabError
from genlab._base.version import __version__
from genlab.cli._command import Group
from genlab.cli._output import say
from genlab.cli._streams import checked_streams


def make_app(names: Iterable[str]) -> typer.Typer:
    """The application of the commands that `genlab.cli` has a module for, by name."""
    app = typer.Typer(
        name="genlab",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        help="How well will a model do on data it has not seen, and why?\n\n"
        "[bold]genlab reproduce[/bold] runs the textbook chapter's experiments on this machine "
        "and writes a page with every figure and the published values.",
        epilog="Example: genlab reproduce mnist1d-mlp --scale quick --out my-report",
    )
    app.callback()(_options)
    for name in names:
        command = importlib.import_module(f"genlab.cli.{name}").COMMAND
        if isinstance(command, Group):
            command.add_to(app, typer.Typer)
        else:
            app.command(name=command.name, epilog=command.epilog)(command.function)
    return app


def _options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the whole traceback of an error.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    pass  # `run` reads both before the commands are parsed


def run(app: typer.Typer) -> None:
    """Run the command line: one sentence on standard error for an error, and its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack a sign such as ±
    _drop_settings()
    with checked_streams():
        signals.clean_up_with(_restore_terminal)
        status = _status(app)
        signals.forget(_restore_terminal)
    sys.exit(status)


def _restore_terminal() -> None:
    """Show the cursor that a bar has hidden, and leave its line."""
    if os.isatty(2):
        os.write(2, b"\x1b[?25h\r\n")


def _drop_settings() -> None:
    """Compute what worker processes would: without settings of JAX that change the bits."""
    for name in set(os.environ) - set(without_settings(os.environ)):
        del os.environ[name]


def _status(app: typer.Typer) -> int:
    """Run the command line in open streams; its exit status."""
    options = list(takewhile(lambda argument: argument != "--", sys.argv[1:]))
    debug = "--debug" in options
    arguments = [argument for argument in options if argument != "--debug"]
    arguments += sys.argv[1 + len(options) :]
    warnings.showwarning = _show_warning
    status: Any = 0
    try:
        if arguments[:1] == ["--version"]:
            print(f"genlab {__version__}")
        else:
            command = typer.main.get_command(app)
            status = command.main(arguments, prog_name="genlab", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        status = 130
    except SystemExit as error:
        status = error.code
    except (typer.TyperException, GenlabError, OSError) as error:
        if debug:
            raise
        status = _report(error)
    except MemoryError as error:
        if debug:
            raise
        say(f"not enough memory: {str(error).rstrip('.') or 'it ran out'}.")
        status = 1
    except Exception as error:
        if debug:
            raise
        if isinstance(error, UnicodeEncodeError) and (strange := _no_text(arguments)):
            say(f"an argument must be text in UTF-8, got {strange}.")
            return 2
        defect = f"{type(error).__name__}: {error} (this is a defect; --debug shows where)"
        say(why_no_device(error) or defect)
        status = 1
    if status in signals.STOPPED_STATUSES:
        signals.say_stopped()
    return status if isinstance(status, int) else 0


def _report(error: Exception) -> int:
    """One sentence for an error; its exit status: 2 for usage, 1 for failure."""
    if isinstance(error, typer.TyperException):
        say(_typer_sentence(error))
        return error.exit_code
    if isinstance(error, OSError) and error.filename is not None:
        say(f"{error.filename}: {error.strerror}.")
    else:
        say(str(error))
    return 1


def _no_text(arguments: Iterable[str]) -> str:
    """The first argument with bytes that are no text, as Python writes it, or ""."""
    for one in arguments:
        if not one.isascii() and any("\udc80" <= sign <= "\udcff" for sign in one):
            return ascii(one)
    return ""


def _typer_sentence(error: typer.TyperException) -> str:
    """What Typer says of a mistake, with the value received, as a sentence."""
    sentence = error.format_message()
    # Typer lets Pydantic check the values, and leaves out the value that Pydantic refused.
    cause: Any = error.__cause__
    if hasattr(cause, "errors"):
        refused = cause.errors()[0]["input"]
        sentence = f"{sentence.rstrip('.')}, got {refused!r}"
    return sentence if not sentence or sentence.endswith((".", "!", "?", ")")) else f"{sentence}."


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    say(f"warning: {message}")
