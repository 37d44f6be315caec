"""Where a store lies: odd names, long ones, links, and the home folder."""

import os
import subprocess
import sys

import pytest

from genlab import StoreError
from genlab.sweep import Store


@pytest.mark.parametrize("name", ["a?b#c%20.db", "ä 漢.db", "a\nb.db", "mode=ro&x.db", "~x.db"])
def test_odd_names(tmp_path, name):
    with Store(tmp_path / name) as store:
        store.make()
        assert len(store) == 0
    assert (tmp_path / name).stat().st_size > 0


@pytest.mark.parametrize("form", ["~/deep/x.db", "sqlite:///~/deep/x.db"])
def test_the_home_folder_in_a_path_and_in_a_url(tmp_path, form):
    """hyperopt #72, openai-agents #4942: a folder of the name ~ was made in the current one."""
    code = f"from genlab.sweep import Store; Store({form!r}).make()"
    home = tmp_path / "home"
    environment = {**os.environ, "HOME": str(home), "USERPROFILE": str(home)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    assert (home / "deep" / "x.db").stat().st_size > 0
    assert os.listdir(tmp_path) == ["home"]


@pytest.mark.parametrize("n", [503, 504, 505, 600])
def test_a_path_as_long_as_sqlite_takes(tmp_path, n):
    """Beyond it SQLite says "unable to open database file"."""
    folder = tmp_path / ("p" * 150) / ("q" * 150)
    path = folder / ("x" * (n - len(str(folder)) - 1))
    if len(path.name) > 240:
        path = folder / ("r" * 120) / ("x" * (n - len(str(folder)) - 122))
    assert len(str(path)) == n
    if n <= 504:
        with Store(path) as store:
            store.make()
        return
    with pytest.raises(StoreError, match=rf"its path has {n} bytes .* at most 504 and 247; name"):
        Store(path)
    assert not (tmp_path / ("p" * 150)).exists()


def test_a_name_that_leaves_no_room_for_the_log(tmp_path):
    with Store(tmp_path / ("x" * 247)) as store:
        store.make()
    with pytest.raises(StoreError, match="its name 248, and SQLite takes at most 504 and 247"):
        Store(tmp_path / ("x" * 248))


def test_a_link_is_followed(tmp_path):
    """SQLite keeps its log beside the file, not beside the link."""
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "x.db").symlink_to(tmp_path / "real" / "y.db")
    with Store(tmp_path / "links" / "x.db") as store:
        store.make()
    assert (tmp_path / "real" / "y.db").stat().st_size > 0
    assert os.listdir(tmp_path / "links") == ["x.db"]
