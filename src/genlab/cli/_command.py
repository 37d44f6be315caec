"""What the module of a command says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes
    ----------
    name
        The word that is typed after `genlab`, or after the group's name.
    function
        What it runs: its parameters are the options, its docstring is the help.
    example
        A complete command, shown at the end of the help.
    """

    name: str
    function: Callable[..., None]
    example: str

    @property
    def epilog(self) -> str:
        """The last line of the help."""
        return f"Example: {self.example}"


@dataclass(frozen=True)
class Group:
    """Several commands under one word.

    Attributes
    ----------
    name, help
        The word that is typed after `genlab`, and what its commands do.
    commands
        The commands; the first one's example is the group's.
    """

    name: str
    help: str
    commands: tuple[Command, ...]

    def add_to(self, app: Any, make: Callable[..., Any]) -> None:
        """Add the group to a Typer application; `make` makes another one."""
        group = make(no_args_is_help=True, help=self.help, epilog=self.commands[0].epilog)
        group.callback()(lambda: None)  # a group of one command keeps the command's name
        for command in self.commands:
            group.command(name=command.name, epilog=command.epilog)(command.function)
        app.add_typer(group, name=self.name)
