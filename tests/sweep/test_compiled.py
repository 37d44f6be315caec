"""Where workers keep compiled programs."""

import os

from genlab.sweep.executors import _compiled
from genlab.sweep.executors._compiled import kept_programs, remove_oldest


def test_programs_are_kept_in_the_users_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = kept_programs({})
    folder = found["JAX_COMPILATION_CACHE_DIR"]
    assert folder.startswith(str(tmp_path))
    assert os.path.isdir(folder)
    assert kept_programs({}) == found
    assert kept_programs({"JAX_COMPILATION_CACHE_DIR": ""}) == {}


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert kept_programs({}) == {}


def test_the_oldest_programs_are_removed(tmp_path):
    for age, name in enumerate(("new", "middle", "old")):
        (tmp_path / name).write_bytes(b"x" * 10)
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    remove_oldest(tmp_path, 30)
    assert len(list(tmp_path.iterdir())) == 3
    remove_oldest(tmp_path, 15)
    assert [file.name for file in tmp_path.iterdir()] == ["new"]
    assert _compiled._MOST_BYTES == 500_000_000
