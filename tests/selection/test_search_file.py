"""Search files as other systems write them."""

import pytest

from genlab import DataFileError
from genlab.selection import search_from_file

TEXT = """[data]
dataset = "mnist1d"
[parameters]
width = [3, 4]
"""


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "marked"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_byte_order_mark_and_line_ends(tmp_path, start, ends):
    """BurntSushi/toml #233, telegraf #1378: Notepad begins a file with a mark."""
    (tmp_path / "search.toml").write_bytes((start + TEXT.replace("\n", ends)).encode())
    assert list(search_from_file(tmp_path / "search.toml").space.parameters) == ["width"]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_other_encodings(tmp_path, encoding):
    (tmp_path / "search.toml").write_bytes(f"# ä\n{TEXT}".encode(encoding))
    with pytest.raises(DataFileError, match=r"search\.toml must be encoded in UTF-8\."):
        search_from_file(tmp_path / "search.toml")
