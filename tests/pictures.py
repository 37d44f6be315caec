"""Pages without their pictures, which take a second a page: the pages' own tests draw them."""

from contextlib import contextmanager

import pytest

_EMPTY = b'<svg width="1" height="1" viewBox="0 0 1 1"></svg>'


def _write_none(figures, folder, **_):
    for figure in figures:
        for end in ("", "-narrow"):
            (folder / f"{figure.name}{end}.svg").write_bytes(_EMPTY)


@contextmanager
def no_pictures():
    """A block in which pages of searches and diagnoses hold empty pictures."""
    with pytest.MonkeyPatch.context() as patched:
        for page in ("_selection_page", "_diagnosis_page"):
            patched.setattr(f"genlab.report.{page}.write_figures", _write_none)
            patched.setattr(f"genlab.report.{page}.write_library", lambda _: None)
        yield
