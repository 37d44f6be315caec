"""Commands with generated input: `benchmarks/bad_input.py` runs ten thousand, these are a few."""

import contextlib
import os
import sqlite3
import tempfile

import bad_input
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genlab._base.texts import without_passwords
from genlab.cli import COMMANDS


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A folder with good and bad files, in which long work ends where it begins."""
    made = bad_input.Places(tmp_path_factory.mktemp("bad"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in made.environment().items():
            patch.setenv(name, value)
        patch.setattr(tempfile, "tempdir", None)
        patch.chdir(made.folder)
        bad_input.checks_alone(patch)
        yield made


@pytest.fixture(autouse=True)
def _within(places, monkeypatch):
    for name, value in places.environment().items():
        monkeypatch.setenv(name, value)


def checked(places, arguments, contents):
    """Run a command line; how it ended, with no fault and nothing written elsewhere."""
    places.write(contents)
    ended = bad_input.run(arguments)
    changed = places.changed()
    assert bad_input.faults(ended) == []
    assert places.outside(changed, arguments) == []
    places.mend(changed)
    return ended


def test_generated_input(places):
    @settings(
        max_examples=60,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def one(data):
        command = data.draw(st.sampled_from(COMMANDS))
        arguments = data.draw(bad_input.command_lines(command))
        checked(places, arguments, data.draw(bad_input.files(places)))

    one()


def test_all_commands_have_a_working_line():
    assert set(bad_input.WORKING) == set(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["learn", "--data", "mine.csv", "--target", "y", "--groups", "y"], "another column than"),
        (["train", "--data", "mine.npz", "--target", "set", "-o", "out"], "another column than"),
        (["learn", "--data", "mine.csv", "--target", "y", "--seeds", "9" * 20], "100000, got"),
        (["learn", "--data", "mine.csv", "--target", "y", "--seeds", "x"], "integer, got 'x'."),
        (["select", "fifo", "-o", "out"], "it is a pipe"),
        (
            ["store", "list", "--store", "store.db", "--kind", "\udcff"],
            "must be text in UTF-8, got '\\udcff'.",
        ),
        (["store", "info", "--store", "~nobody-here/x"], "no such user"),
        (["store", "info", "--store", "sqlite:///store.db?timeout=x"], "cannot open the store"),
        (["store", "info", "--store", f"postgresql:/u:{bad_input.SECRET}@h/d"], "must have ://"),
        (["store", "info", f"postgresql://u:{bad_input.SECRET}@h/d"], "postgresql://u:***@h/d"),
    ],
)
def test_slips_in_a_sentence(places, arguments, sentence):
    ended = checked(places, arguments, {})
    assert ended.status in (1, 2)
    assert sentence in ended.errors


@pytest.mark.parametrize(
    "values", ["1..9:step=0", "1..9:step=-1", "1..9:step=nan", "1..9:step=1e-9", "1..1e400"]
)
def test_ranges_that_are_none(places, values):
    working = bad_input.WORKING["sweep"][0]
    arguments = [f"max_depth={values}" if "max_depth" in text else text for text in working]
    ended = checked(places, arguments, {})
    assert ended.status == 2
    assert ended.errors.startswith("genlab: --capacity must have ")


def test_no_password_in_a_traceback(places):
    url = f"postgresql://user:{bad_input.SECRET}@127.0.0.1:9/db"
    assert bad_input.SECRET not in without_passwords(f"Got ({url}) and {url}?x=y")
    for path in ("sqlite:///a/b@c.db", "https://example.org/x", "a:b@c"):
        assert without_passwords(path) == path


@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.95])
def test_a_store_that_is_cut_off(places, part):
    """One sentence or the results, and the file is left as it is."""
    whole = places.damageable["store.db"]
    contents = {"store.db": whole[: int(part * len(whole))]}
    for command in (["store", "info"], ["store", "list"], ["seal", "status"]):
        checked(places, [*command, "--store", "store.db"], contents)
        assert not places.changed()


@pytest.mark.parametrize("name", ["foreign.db", "newer.db", "damaged.db", "folder", "fifo"])
def test_what_is_no_store_of_this_version(places, name):
    """It is refused in a sentence, by what reads and by what writes, and left as it is."""
    place = places.folder / name
    before = place.read_bytes() if place.is_file() else None
    for command in (
        ["store", "info"],
        ["store", "merge", "store.db"],
        bad_input.WORKING["learn"][0],
    ):
        ended = checked(places, [*command, "--store", name], {})
        assert ended.status == 1, command
        assert sum("the store" in line for line in ended.errors.splitlines()) == 1
    if before is not None:
        assert place.read_bytes() == before


def test_an_empty_file_becomes_a_store(places):
    ended = bad_input.run(["store", "merge", "store.db", "--store", "empty.db"])
    assert ended.status == 0
    with contextlib.closing(sqlite3.connect(places.folder / "empty.db")) as connection:
        assert connection.execute("SELECT count(*) FROM genlab_cells").fetchone()[0] > 0
    places.mend(places.changed())
    assert os.path.getsize(places.folder / "empty.db") == 0
