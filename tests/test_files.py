"""Files are written whole, and where they are meant to be."""

import errno
import os

import pytest

from genlab._base.files import whole_file, write_whole


def test_a_link_stays_and_its_file_is_written(tmp_path):
    """microsoft/terminal #10787: the link became a file, and what it names stayed as it was."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "data.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real/data.csv")
    write_whole(tmp_path / "link.csv", b"new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real" / "data.csv").read_text() == "new"
    assert os.listdir(tmp_path / "real") == ["data.csv"]


def test_a_link_to_a_file_that_is_not_there_yet(tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "later.csv")
    write_whole(tmp_path / "link.csv", b"new")
    assert (tmp_path / "later.csv").read_text() == "new"


def test_the_longest_name(tmp_path):
    """write-file-atomic #63: the temporary file's name was longer, and too long."""
    longest = os.pathconf(tmp_path, "PC_NAME_MAX")
    write_whole(tmp_path / ("a" * longest), b"new")
    assert os.listdir(tmp_path) == ["a" * longest]


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    path = tmp_path / "nowhere" / "data.csv"
    with pytest.raises(FileNotFoundError) as error:
        write_whole(path, b"new")
    assert error.value.filename == str(path)


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("old")

    def interrupted():
        with whole_file(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["data.csv"]


def test_a_full_disk_names_the_file_and_leaves_what_was_there(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "data.csv").write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device") as error:
        write_whole(tmp_path / "data.csv", b"new")
    assert error.value.filename == str(tmp_path / "data.csv")
    assert os.listdir(tmp_path) == ["data.csv"]
    assert (tmp_path / "data.csv").read_text() == "old"
