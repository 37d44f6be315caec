import pytest

from genlab.explorer import page_file


@pytest.fixture(scope="module")
def fit_file(tmp_path_factory):
    """The link of the file to give away."""
    path = tmp_path_factory.mktemp("explorer") / "fit.html"
    path.write_text(page_file(), encoding="utf-8")
    return path.as_uri()
