"""The notebooks for a lecture: their files, and that the answers run."""

import importlib
import inspect
import json
import re

import pytest
from manual import ROOT, enter, run_smaller

import genlab

FOLDER = ROOT / "docs" / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "index")


@pytest.fixture
def notebooks(monkeypatch):
    pytest.importorskip("sphinx", reason="needs Sphinx, of the extra docs")
    monkeypatch.syspath_prepend(ROOT / "docs" / "_extensions")
    return importlib.import_module("notebooks")


def page(name):
    return (FOLDER / f"{name}.md").read_text("utf-8")


def code(notebooks, name, *, answers):
    cells = notebooks.cells(page(name), answers=answers)
    return [source for kind, source in cells if kind == "code"]


def test_every_notebook_is_in_the_list():
    assert len(NAMES) >= 4
    for name in NAMES:
        assert f"({name}.md)" in page("index")


@pytest.mark.parametrize("answers", [False, True], ids=["exercises", "answers"])
@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_one_of_jupyter(notebooks, name, answers):
    """The rules of nbformat's schema of version 4.5 for such cells."""
    made = json.loads(json.dumps(notebooks.notebook(page(name), answers=answers)))
    assert set(made) == {"metadata", "nbformat", "nbformat_minor", "cells"}
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert {"name", "display_name"} <= set(made["metadata"]["kernelspec"])
    ids = [cell["id"] for cell in made["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", one) for one in ids)
    for cell in made["cells"]:
        common = {"id", "cell_type", "metadata", "source"}
        if cell["cell_type"] == "code":
            assert set(cell) == common | {"outputs", "execution_count"}
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
        else:
            assert (set(cell), cell["cell_type"]) == (common, "markdown")
        assert all(line.endswith("\n") for line in cell["source"][:-1])
        assert not any("```" in line or "](" in line for line in cell["source"])


@pytest.mark.parametrize("name", NAMES)
def test_the_exercises_have_gaps_and_no_answers(notebooks, name):
    exercises, answered = (code(notebooks, name, answers=answers) for answers in (False, True))
    changed = [(a, b) for a, b in zip(exercises, answered, strict=True) if a != b]
    assert len(changed) >= 4
    assert all("# TODO" in gap and "..." in gap for gap, _ in changed)
    assert all(one.count("# TODO") == one.count("...") for one, _ in changed)
    hidden = [text for kind, text in notebooks.cells(page(name), answers=False)]
    assert not any("**Answer.**" in text for text in hidden)
    assert "*Your answer:*" in hidden


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("notebooks")


@pytest.mark.filterwarnings("ignore::UserWarning")  # few examples, few steps
@pytest.mark.parametrize("name", NAMES)
def test_the_answers_run(notebooks, name, folder, monkeypatch):
    """With smaller numbers, as the manual's blocks; `docs/diagnose.md` makes the diagnosis."""
    enter(folder, monkeypatch)
    monkeypatch.setattr(genlab, "diagnose", inspect.signature(genlab.diagnose).bind)
    variables = {}
    for source in code(notebooks, name, answers=True):
        run_smaller(source, name, variables)


def test_gaps(notebooks):
    code = '''
def total(values):
    """Their sum."""
    # TODO: the sum
    # of all values
    return sum(
        values
    )
# TODO: two numbers
a, b = 1, 2
# TODO: print them
print(a, b)
# TODO: a function
def double(x):
    """Twice x."""
    return 2 * x
kept = 1  # no answer
'''
    assert (
        notebooks.with_gaps(code.strip())
        == '''
def total(values):
    """Their sum."""
    # TODO: the sum
    # of all values
    return ...
# TODO: two numbers
a, b = ...
# TODO: print them
...
# TODO: a function
def double(x):
    """Twice x."""
    return ...
kept = 1  # no answer
'''.strip()
    )
    with pytest.raises(ValueError, match="needs a statement below"):
        notebooks.with_gaps("x = 1")
