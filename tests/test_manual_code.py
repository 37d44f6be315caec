"""Every Python block of the manual runs, in the order of its page, with small numbers.

The blocks that `make docs` runs (`{live}`) are not here: their build fails where they do.
"""

import ast
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
PAGES = {path.name: path for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}
FENCE = re.compile(r"^```python[^\n]*\n(.*?)^```", re.M | re.S)
#: Text of blocks that cannot run here, and why.
NOT_RUN = {
    'Client("tcp://10.0.0.1:8786")': "needs a Dask cluster; tests/sweep/test_dask.py starts one",
    "dask_jobqueue": "needs SLURM, Kubernetes or SSH",
    "keras.wrappers": "needs Keras",
}
#: Pages whose blocks are the files of docs/template, which tests/testing/test_template.py runs.
TEMPLATES = {"extending.md"}
#: Largest value of a keyword, so that a page takes seconds.
MOST = {"steps": 20, "n_datasets": 12, "n_trials": 3, "n_estimators": 3, "folds": 2, "cv": 3}


class Smaller(ast.NodeTransformer):
    """The same calls with smaller numbers."""

    def visit_keyword(self, node):
        self.generic_visit(node)
        if node.arg in MOST and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(min(node.value.value, MOST[node.arg]))
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name == "range" and len(node.args) == 1:
            node.args = [ast.Constant(min(node.args[0].value, 2))]
        if name == "RandomForestClassifier" and not node.args:
            node.keywords.append(ast.keyword("n_estimators", ast.Constant(3)))
        return node

    def visit_List(self, node):
        self.generic_visit(node)
        if len(node.elts) > 3 and all(isinstance(one, ast.Constant) for one in node.elts):
            node.elts = node.elts[:2]
        return node


def files(folder):
    """The files that the pages name, each with a table of its own."""
    random = np.random.default_rng(0)
    kinds = random.permutation(np.arange(90) % 3)
    birds = pd.DataFrame(
        {
            "wing": kinds + random.normal(size=90),
            "weight": random.normal(size=90),
            "colour": random.choice(["white", "brown"], 90),
            "species": np.array(["Ente", "Gans", "Möwe"])[kinds],
        }
    )
    for name in ("birds.csv", "mine.csv", "new.csv"):
        birds.to_csv(folder / name, index=False)
    birds.rename(columns={"species": "target"}).to_csv(folder / "digits.csv", index=False)


def blocks(page):
    for code in FENCE.findall(PAGES[page].read_text("utf-8")):
        if not any(text in code for text in NOT_RUN):
            yield code


@pytest.mark.filterwarnings("ignore::UserWarning")  # few examples, few steps
@pytest.mark.parametrize("page", [p for p in PAGES if p not in TEMPLATES and list(blocks(p))])
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENLAB_STORE", str(tmp_path / "store.db"))
    monkeypatch.setenv("GENLAB_JOBS", "1")
    files(tmp_path)
    texts = [f"{word} {word} duck" for word in ("red", "green", "blue", "white")] * 10
    names = {"out_folder": tmp_path / "page", "texts": texts, "labels": [0, 1, 0, 1] * 10}
    for code in blocks(page):
        tree = ast.fix_missing_locations(Smaller().visit(ast.parse(code, page)))
        exec(compile(tree, page, "exec"), names)


def test_what_cannot_run_is_in_the_manual():
    text = "".join(path.read_text("utf-8") for path in PAGES.values())
    assert all(part in text for part in NOT_RUN)
