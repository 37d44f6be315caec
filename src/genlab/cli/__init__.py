"""The command line: one file per command, which parses, calls the library and prints."""

from genlab.cli._app import make_app, run

#: The commands, in the order of the help: each is a module of this package with a `COMMAND`.
COMMANDS = (
    "reproduce",
    "list",
    "show",
    "train",
    "predict",
    "select",
    "diagnose",
    "learn",
    "sweep",
    "decompose",
    "explore",
    "seal",
    "store",
    "data",
)

app = make_app(COMMANDS)


def main() -> None:
    """Run the command line."""
    run(app)
