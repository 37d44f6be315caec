"""The manual: what it names exists, and every experiment and command is in it."""

import ast
import functools
import importlib
import re
import shlex
from pathlib import Path

import pytest
import typer

import genlab
from genlab import cli, measure
from genlab.experiments import EXPERIMENTS
from genlab.training import OWN_LOSSES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {"README.md": (ROOT / "README.md").read_text("utf-8")} | {
    path.relative_to(DOCS).as_posix(): path.read_text("utf-8")
    for folder in (".", "book", "mathematics", "notebooks")
    for path in sorted(DOCS.glob(f"{folder}/*.md"))
}
EXPERIMENT_PAGE, COMMAND_PAGE, API = (PAGES[f"{n}.md"] for n in ("experiments", "commands", "api"))
FENCE = re.compile(r"^```(\w*).*?\n(.*?)^```", re.M | re.S)


def snippets():
    for page, text in PAGES.items():
        for language, code in FENCE.findall(text):
            if language == "python":
                yield pytest.param(code, id=f"{page}: {code.strip().splitlines()[-1][:40]}")


def examples():
    """Every `genlab ...` in the text of a page, and every one on a line of its own."""
    for page, text in PAGES.items():
        prose = FENCE.sub("", text)
        inline = re.findall(r"`(?:\.venv/bin/)?(genlab\s[^`]+)`", prose)
        blocks = re.findall(r"^    (?:\$ )?(genlab (?:.*\\\n)*.*)", prose, re.M)
        for whole, commands in ((False, inline), (True, blocks)):
            for command in commands:
                typed = " ".join(command.replace("\\\n", " ").split())
                if "COMMAND" not in typed and typed != "genlab --version":
                    yield pytest.param(typed, whole, id=f"{page}: {typed}")


@functools.cache
def commands():
    """All commands, as Typer makes them of their functions, once: a tenth of a second."""
    return typer.main.get_command(cli.app)


def parse(words):
    """Parse a command without running it."""
    command = commands()
    name, context = words[0], None
    while hasattr(command, "resolve_command"):
        context = command.make_context(name, words[1:], parent=context)
        words = context._protected_args + context.args
        name, command, rest = command.resolve_command(context, words)
        words = [name, *rest]
    command.make_context(name, words[1:], parent=context)


def test_every_experiment_is_in_the_manual_and_no_other():
    listed = re.findall(r"^\| `([\w-]+)` \|", EXPERIMENT_PAGE, re.M)
    assert sorted(listed) == sorted(EXPERIMENTS.builtin)


def test_every_command_has_a_section_and_no_other():
    commands = set()
    for name in cli.COMMANDS:
        command = importlib.import_module(f"genlab.cli.{name}").COMMAND
        parts = getattr(command, "commands", None)
        commands |= {f"{name} {part.name}" for part in parts} if parts else {name}
    assert set(re.findall(r"^## genlab (.*)$", COMMAND_PAGE, re.M)) == commands


def test_every_room_is_in_the_manual():
    rooms = {f"genlab.{name}" for name in genlab.__all__ if (ROOT / "src/genlab" / name).is_dir()}
    listed = set(re.findall(r"automodule:: (\S+)", API))
    assert rooms <= listed
    others = {"genlab", "genlab.datasets.transforms", "genlab.measure.theory"}
    assert listed - rooms == others


@pytest.mark.parametrize(("command", "whole"), list(examples()))
def test_a_printed_command_exists_with_its_options(command, whole):
    try:
        parse(shlex.split(command))
    except typer.TyperException as error:
        # A sentence may name a command without what it requires; nothing else may be wrong.
        if whole or type(error).__name__ != "MissingParameter":
            raise


@pytest.mark.parametrize("typed", ["genlab lists", "genlab list --csv", "genlab seal"])
def test_a_command_that_does_not_exist_is_not_parsed(typed):
    with pytest.raises((typer.TyperException, SystemExit)):
        parse(shlex.split(typed))


def test_all_examples_are_found():
    assert len(list(examples())) > 40


@pytest.mark.parametrize("code", list(snippets()))
def test_imports_of_a_snippet_exist(code):
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "genlab":
            module = importlib.import_module(node.module)
            assert all(hasattr(module, alias.name) for alias in node.names)


@pytest.mark.parametrize("page", PAGES)
def test_names_of_the_library_exist(page):
    groups = {OWN_LOSSES.group}  # of entry points, which is no module
    for name in set(re.findall(r"\bgenlab(?:\.[A-Za-z_]\w*)+", PAGES[page])) - groups:
        parts = name.split(".")[1:]
        assert functools.reduce(getattr, parts, genlab) is not None


@pytest.mark.parametrize("page", PAGES)
def test_links_and_figures_lead_to_files(page):
    folder = ROOT if page == "README.md" else (DOCS / page).parent
    for target in re.findall(r"\]\(([^)#]+)\)", PAGES[page]):
        assert (folder / target).exists()


def test_every_measure_has_its_mathematics():
    text = "".join(PAGES[page] for page in PAGES if page.startswith("mathematics/"))
    names = {*measure.__all__, *measure.theory.__all__} - {"theory"}
    functions = {name for name in names if name.islower()}
    told = {name.rpartition(".")[2] for name in re.findall(r"`~(genlab[\w.]+)`", text)}
    assert functions - told == {"get_score"}


def test_formulas_can_be_converted(monkeypatch):
    monkeypatch.syspath_prepend(DOCS / "_extensions")
    formulas = importlib.import_module("formulas")
    n = 0
    for page in (page for page in PAGES if page.startswith("mathematics/")):
        # A block stands between two $$, what is in a line between two $.
        for place, part in enumerate(FENCE.sub("", PAGES[page]).split("$$")):
            blocks = [part] if place % 2 else re.findall(r"\$([^$]+)\$", part)
            for latex in blocks:
                converted = formulas.mathml(latex.strip(), block=bool(place % 2))
                assert converted.startswith("<math")
                n += 1
    assert n > 100
    assert "<msub><mover" in formulas.mathml(r"\bar{y}_i")  # and not below the letter


def test_the_error_in_the_list_of_experiments_is_what_a_run_gives(mnist1d_mlp):
    (row,) = re.findall(r"^\| `mnist1d-mlp` .*$", EXPERIMENT_PAGE, re.M)
    stated = float(re.search(r"Test error ends at ([\d.]+) \[", row)[1])
    measured = mnist1d_mlp.published[0]
    assert measured["name"].startswith("test error at the end (%), constant")
    assert measured["low"] < stated < measured["high"]


def test_files_to_touch_exist():
    """The table "How to add" of CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = text.partition("## How to add")[2].partition("\n\nEach needs")[0]
    paths = re.findall(r"`([\w/]+/(?:\w+\.\w+)?)`", table)
    assert len(paths) > 20
    for path in paths:
        assert (ROOT / "src/genlab" / path).exists() or (ROOT / path).exists(), path
