"""Models named by a text are imported from allowed packages, and from nowhere else."""

import sys
import textwrap

import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from genlab.models import MLP, get_model
from genlab.selection import (
    Space,
    default_configuration,
    estimator_from_paths,
    estimator_space,
    model_names,
    search_from_file,
)

FAKE = """
    from sklearn.base import BaseEstimator, ClassifierMixin
    import os
    from os.path import join
    from collections import OrderedDict

    class {name}(ClassifierMixin, BaseEstimator):
        def __init__(self, depth=3):
            self.depth = depth

        def fit(self, x, y):
            self.classes_ = sorted(set(y))
            return self

        def predict(self, x):
            return [self.classes_[0]] * len(x)

    class Needs({name}):
        def __init__(self, module, rate=1):
            self.module, self.rate = module, rate

    class Breaks({name}):
        def __init__(self):
            raise OSError("libgomp.so.1 is missing")

    class Holder:
        pass
"""
CLASSES = {
    "xgboost": "XGBClassifier",
    "lightgbm": "LGBMClassifier",
    "catboost": "CatBoostClassifier",
    "skorch": "NeuralNetClassifier",
    "keras": "SKLearnClassifier",
    "my_lab": "Mine",
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of tiny packages under the names of large ones, and one that says it was run."""
    before = set(sys.modules)
    for package, name in CLASSES.items():
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(textwrap.dedent(FAKE.format(name=name)))
    (tmp_path / "my_lab" / "broken.py").write_text("import not_there_at_all\n")
    (tmp_path / "my_lab" / "nets.py").write_text("from genlab.models import MLP\n")
    (tmp_path / "hostile.py").write_text("raise SystemExit('code of a hostile module ran')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in (*CLASSES, "hostile"):
            del sys.modules[name]


@pytest.mark.parametrize("package", [name for name in CLASSES if name != "my_lab"])
def test_the_known_packages_are_imported(package):
    made = estimator_from_paths(f"{package}.{CLASSES[package]}")
    assert type(made) is getattr(sys.modules[package], CLASSES[package])
    assert made.depth == 3


def test_genlab_s_own_estimators_are_imported():
    assert type(estimator_from_paths("genlab.estimators.MLPClassifier")).__name__ == "MLPClassifier"


def test_scikit_learn_alone_or_in_a_pipeline():
    assert isinstance(estimator_from_paths("sklearn.linear_model.Ridge"), Ridge)
    made = estimator_from_paths(["sklearn.preprocessing.StandardScaler", "sklearn.svm.SVC"])
    assert isinstance(made, Pipeline)
    assert isinstance(made[-1], SVC)


HOSTILE = [
    "os.system",
    "hostile.Model",
    "sklearn.os.system",
    "sklearn.svm.hostile",
    "sklearn..svm.SVC",
    "sklearn.svm.",
    ".sklearn.svm.SVC",
    "..hostile.Model",
    "sklearn",
    "",
    "sklearn.svm.SVC\n",
    " sklearn.svm.SVC",
    "sklearn.__class__.__init__",
    "sklearn._config.threading",
    "sklearn.svm.SVC.__init__",
    "sklearn.svm.SVC.fit",
    "sklearn.svm:SVC",
    "sklearn/../hostile.Model",
    "sklearnx.svm.SVC",
    "sklearn_hostile.Model",
    "sklearn.base.defaultdict",
    "sklearn.pipeline.Bunch",
    "sklearn.preprocessing.scale",
    "sklearn.ѕvm.SVC",  # the first letter of svm is Cyrillic
    "genlab.models.MLP",
    "genlab.estimators_of_others.Model",
    "builtins.eval",
    "my_lab.Mine",
    "xgboost.os.system",
    "xgboost.join",
    "xgboost.OrderedDict",
    "xgboost.Holder",
    None,
    3,
    ["sklearn.svm.SVC", "hostile.Model"],
]


@pytest.mark.parametrize("path", HOSTILE, ids=repr)
def test_a_name_that_leads_elsewhere_imports_nothing(path):
    before = {"os", *sys.modules}
    with pytest.raises((TypeError, ValueError), match=r"^`estimator` must [^\n]*\.$"):
        estimator_from_paths(path)
    new = {name.partition(".")[0] for name in set(sys.modules) - before}
    assert not new & {"hostile", "my_lab", "sklearnx", "sklearn_hostile"}
    assert "hostile" not in sys.modules


def test_the_user_allows_one_more_package():
    made = estimator_from_paths("my_lab.Mine", packages=["my_lab"])
    assert type(made).__module__ == "my_lab"
    with pytest.raises(ValueError, match="a class in sklearn, xgboost, lightgbm, "):
        estimator_from_paths("hostile.Model", packages=["my_lab"])
    with pytest.raises(ValueError, match="OrderedDict is no class of its own"):
        estimator_from_paths("my_lab.OrderedDict", packages=["my_lab"])


@pytest.mark.parametrize("name", ["", ".my_lab", "my_lab.", "my-lab", "_my_lab", "a b", 3])
def test_a_package_must_have_the_name_of_one(name):
    with pytest.raises((TypeError, ValueError), match="`packages` must name a package, such as my"):
        estimator_from_paths("my_lab.Mine", packages=[name])


SENTENCES = {
    "not installed": (
        "xgboost.XGBClassifier",
        r"must be of a package that is installed, got 'xgboost.XGBClassifier', and there is no "
        r"xgboost: `pip install xgboost` installs it\.$",
    ),
    "not installed, the user's": ("not_there.Model", r"there is no not_there: install it first\.$"),
    "no such module": ("my_lab.modles.Mine", r"got 'my_lab.modles.Mine': no such class\.$"),
    "no such class": ("my_lab.Mien", r"got 'my_lab.Mien': no such class\.$"),
    "needs another": (
        "my_lab.broken.Model",
        r"got 'my_lab.broken.Model': ModuleNotFoundError: No module named 'not_there_at_all'\.$",
    ),
    "arguments": ("my_lab.Needs", r"got 'my_lab.Needs', which needs module: write a class that"),
    "breaks": ("my_lab.Breaks", r"arguments, got 'my_lab.Breaks': OSError: libgomp.so.1 is miss"),
    "no estimator": ("my_lab.Holder", "of a scikit-learn estimator, got 'my_lab.Holder'"),
    "transformer": ("sklearn.preprocessing.StandardScaler", "or end with a classifier or a regres"),
}


@pytest.mark.parametrize("case", SENTENCES)
def test_what_is_wrong_is_said_in_one_sentence(case, folder):
    path, words = SENTENCES[case]
    if case == "not installed":
        (folder / "xgboost" / "__init__.py").unlink()
        (folder / "xgboost").rmdir()
    with pytest.raises(ValueError, match=words):
        estimator_from_paths(path, packages=["my_lab", "not_there"])


def write(folder, model):
    (folder / "search.toml").write_text(
        f'[data]\ndataset = "mnist1d"\n[model]\n{model}\n[parameters]\ndepth = [1, 2]\n'
    )
    return folder / "search.toml"


def test_a_search_file_names_estimators_and_allows_none(folder):
    found = search_from_file(write(folder, 'estimator = "xgboost.XGBClassifier"'))
    assert type(found.space.estimator).__name__ == "XGBClassifier"
    mine = write(folder, 'estimator = "my_lab.Mine"')
    with pytest.raises(ValueError, match="a class in sklearn, xgboost, lightgbm, "):
        search_from_file(mine)
    assert "my_lab" not in sys.modules
    assert search_from_file(mine, packages=["my_lab"]).space.estimator.depth == 3
    with pytest.raises(ValueError, match="`import` must be left out: a file cannot say which"):
        search_from_file(write(folder, 'import = "my_lab"\nestimator = "my_lab.Mine"'))


def test_a_search_file_names_no_model_of_another_package(folder):
    """A file such as `name = "hostile:Model"` would otherwise run code where it is read."""
    hostile = write(folder, 'name = "hostile:Model"')
    with pytest.raises(ValueError, match="must be of a package that you allow, by --import PACKAG"):
        search_from_file(hostile)
    with pytest.raises(ValueError, match="must be of a package that you allow"):
        search_from_file(hostile, packages=["my_lab"])
    assert model_names("my_lab.nets:MLP", ["my_lab"]) == ("my_lab.nets:MLP",)
    assert get_model("my_lab.nets:MLP") is MLP  # in Python the caller's word is enough
    with pytest.raises(ValueError, match="must be of a package that you allow"):
        get_model("my_lab.nets:__builtins__", ["my_lab"])


def test_parameters_that_get_params_leaves_out(folder):
    """CatBoost's `get_params` has only what was given, and its constructor names the rest."""
    (folder / "catboost" / "__init__.py").write_text(
        textwrap.dedent("""
        class CatBoostClassifier:
            _estimator_type = "classifier"

            def __init__(self, depth=None, **others):
                self.given = {} if depth is None else {"depth": depth}

            def get_params(self, deep=True):
                return dict(self.given)

            def set_params(self, **values):
                self.given |= values
                return self

            def fit(self, x, y):
                return self

            def predict(self, x):
                return [0] * len(x)
        """)
    )
    space = estimator_space("catboost.CatBoostClassifier", {"depth": [2, 4]}, {}, 0)
    assert space.make_estimator({"depth": 4}).get_params() == {"depth": 4}
    assert default_configuration(space) == {}
    steps = ["sklearn.preprocessing.StandardScaler", "catboost.CatBoostClassifier"]
    found = estimator_space(steps, {"catboostclassifier__depth": [2, 4]}, {}, 0)
    assert found.make_estimator({"catboostclassifier__depth": 2})[-1].given == {"depth": 2}
    with pytest.raises(ValueError, match="must be those of CatBoostClassifier"):
        Space(estimator=space.estimator, parameters={"deep": [1, 2]})
    with pytest.raises(ValueError, match="`train_dir` must be left out: it names files"):
        estimator_space("catboost.CatBoostClassifier", {"depth": [2]}, {"train_dir": "/"}, 0)
