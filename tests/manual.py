"""The code of the manual's pages with smaller numbers, and the files that it reads."""

import ast
import re
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from genlab.selection import importances

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```python[^\n]*\n(.*?)^```", re.M | re.S)
#: Largest value of an argument or a variable of this name.
MOST = {
    "steps": 20,
    "n_datasets": 20,
    "n_trials": 6,
    "n_estimators": 3,
    "n_trees": 3,
    "n_sets": 40,
    "n_samples": 500,
    "repeats": 50,
    "seeds": 2,
    "folds": 2,
    "cv": 2,
    "minutes": 1e-4,
}


class Smaller(ast.NodeTransformer):
    """The same calls with smaller numbers."""

    def visit_keyword(self, node):
        self.generic_visit(node)
        node.value = _at_most(node.arg, node.value)
        return node

    def visit_Dict(self, node):
        self.generic_visit(node)
        keys = [getattr(key, "value", None) for key in node.keys]
        node.values = [_at_most(key, value) for key, value in zip(keys, node.values, strict=True)]
        return node

    def visit_Assign(self, node):
        self.generic_visit(node)
        node.value = _at_most(getattr(node.targets[0], "id", None), node.value)
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        given = {one.arg for one in node.keywords}
        if name == "range" and len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
            node.args = [ast.Constant(min(node.args[0].value, 2))]
        if name.startswith("RandomForest") and not node.args:
            node.keywords.append(ast.keyword("n_estimators", ast.Constant(3)))
        if name == "adam" and "steps" not in given:
            node.keywords.append(ast.keyword("steps", ast.Constant(20)))
        if name == "importances" and "n_resamples" not in given:
            node.keywords.append(ast.keyword("n_resamples", ast.Constant(2)))
        if name == "make_mnist1d":
            node.args = [ast.Constant(500)]
        return node

    def visit_List(self, node):
        self.generic_visit(node)
        if len(node.elts) > 3 and all(isinstance(one, ast.Constant) for one in node.elts):
            node.elts = node.elts[:2]
        return node


def _at_most(name, value):
    number = isinstance(value, ast.Constant) and isinstance(value.value, int | float)
    if name in MOST and number:
        return ast.Constant(min(value.value, MOST[name]))
    return value


def run_smaller(code, name, variables):
    """Run a block of code with smaller numbers."""
    tree = ast.fix_missing_locations(Smaller().visit(ast.parse(code, name)))
    exec(compile(tree, name, "exec"), variables)


def enter(folder, monkeypatch):
    """One folder and one store for all pages of a module: others would start other workers."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GENLAB_STORE", str(folder / "store.db"))
    # As in the pages' own calls: their intervals are the subject of other tests.
    few = partial(importances, n_resamples=2)
    monkeypatch.setattr("genlab.selection._run_search.importances", few)


def write_tables(folder):
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
