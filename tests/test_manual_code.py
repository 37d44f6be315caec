"""Every Python block of the manual runs, in the order of its page, with smaller numbers.

The blocks that `make docs` runs (`{live}`) are not here: their build fails where they do.
"""

import inspect

import pytest
from manual import FENCE, ROOT, enter, run_smaller, write_tables

import genlab

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
}
#: Text of blocks that do not run here, and why.
NOT_RUN = {
    'Client("tcp://10.0.0.1:8786")': "needs a Dask cluster; tests/sweep/test_dask.py starts one",
    "dask_jobqueue": "needs SLURM, Kubernetes or SSH",
    "keras.wrappers": "needs Keras",
    'EXPERIMENTS["double-descent-mnist1d"]': "22 networks: minutes; "
    "tests/experiments/test_double_descent_mnist1d.py runs smaller protocols in the same way",
}
#: A diagnosis takes seconds, so this page alone makes one; elsewhere its arguments are checked.
DIAGNOSED = "docs/diagnose.md"
#: Pages whose blocks run in another test.
ELSEWHERE = {
    "docs/extending.md": "files of docs/template, in tests/testing/test_template.py",
    "docs/notebooks/": "in tests/test_notebooks.py",
}


def blocks(page):
    if any(page.startswith(one) for one in ELSEWHERE):
        return []
    code = FENCE.findall(PAGES[page])
    return [one for one in code if not any(text in one for text in NOT_RUN)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("manual")
    write_tables(made)
    return made


@pytest.mark.filterwarnings("ignore::UserWarning")  # few examples, few steps
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)])
def test_the_code_of_a_page_runs(page, folder, monkeypatch):
    enter(folder, monkeypatch)
    if page != DIAGNOSED:
        monkeypatch.setattr(genlab, "diagnose", inspect.signature(genlab.diagnose).bind)
    texts = [f"{word} {word} duck" for word in ("red", "green", "blue", "white")] * 10
    names = {"out_folder": folder / "page", "texts": texts, "labels": [0, 1, 0, 1] * 10}
    for code in blocks(page):
        run_smaller(code, page, names)


def test_what_does_not_run_is_in_the_manual():
    text = "".join(PAGES.values())
    assert all(part in text for part in NOT_RUN)
    assert all(any(page.startswith(one) for page in PAGES) for one in ELSEWHERE)
