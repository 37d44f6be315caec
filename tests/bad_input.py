"""Generated command lines and files for every command, and what holds whatever they are.

`benchmarks/bad_input.py` runs ten thousand of them, `cli/test_bad_input.py` a few.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import os
import shutil
import signal
import sqlite3
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import typer
from hypothesis import strategies as st

import genlab

#: The password in every generated URL: it must stand in no output and no file.
SECRET = "S3CRET"
#: Seconds that one command may take.
MOST_SECONDS = 10

# What stands for itself in every option: huge, negative, not finite, empty, in other scripts.
_JUNK = [
    *("", " ", "0", "-1", "1", "2", "-0.0", "nan", "inf", "-inf", "1e308", "1e-320", "1e400"),
    *("99999999999999999999", "-99999999999999999999", str(2**31), str(2**63), "1_000", "٣", "½"),
    *("none", "true", "None", "[]", "{}", "()", ",", "=", "a=b", "..", "1..2", "--", "-", "--json"),
    *("\u202ex", "é" * 300, "x" * 5000, "a\nb", "a\tb", "\udcff", "🎲", "[red]x[/red]", "[/]"),
    *("%s %d %n", "{0} {x}", "$HOME", "`id`", "'", '"', "\\", "\x1b[31m", "0x10", "1e3", "05"),
]
_RANGES = [
    *("5..1:log", "1..5", "0..0", "-5..5:log", "1..9:step=0", "1..9:step=-1", "1..9:step=nan"),
    *("1..1e300", "1..1e300:log", "1..99999999999999999999", "0.1..0.5:log:step=1", "1..2:x=3"),
    *("1..9:step=1e-300", "1..10000000000:step=1", "1..", "..1", "1..2..3", "1..2:log:log"),
    *("1e400..2", "nan..2", "2,2", "1,a", "none", "1,", ",", "true,false", "1,2,3", "2..4", "0.5"),
    *("1.5..2.5", "1..2:", "1..2:step=", "1..2:step=0.3", "1" * 400, "9..9", "1e-320..1:log"),
]
_FIELDS = [
    *("width", "depth", "hidden", "steps", "learning_rate", "batch_size", "optimizer", "loss"),
    *("strategy", "constant", "max_depth", "random_state", "alpha", "n_estimators", "x", "", " "),
    *("schedule", "early_stopping", "clip_norm", "evaluate_every", "class_weight", "momentum"),
    *("model", "augment", "weight_decay", "input_shape", "self", "__class__", "dropout", "é"),
]
_COLUMNS = ["y", "a", "b", "word", "day", "r", "set", "missing", "", "é", "a,b", "Y", "0", "nan"]
_ESTIMATORS = [
    *("sklearn.dummy.DummyClassifier", "sklearn.dummy.DummyRegressor", "sklearn.tree"),
    *("sklearn.tree.DecisionTreeClassifier", "sklearn.linear_model.Ridge", "os.system", "builtins"),
    *("sklearn.preprocessing.StandardScaler,sklearn.dummy.DummyClassifier", "sklearn", ".", "a.b"),
    *("sklearn.preprocessing.StandardScaler", "sklearn.nothing.Here", "genlab.models.MLP", "..a"),
    *("sklearn.cluster.KMeans", "sklearn.dummy.DummyClassifier,", ",", "sklearn.svm.SVC()"),
    *(
        "sklearn.base.BaseEstimator",
        "sklearn.pipeline.Pipeline",
        "sklearn.ensemble.VotingClassifier",
    ),
    *("sklearn.neighbors.KNeighborsClassifier", "xgboost.XGBClassifier", "genlab.estimators.MLP"),
    *("sklearn.linear_model.LogisticRegression", "sklearn.isotonic.IsotonicRegression"),
]
_NUMBERS = ["3", "0.5", "1,2", "10,20", "0.1,0.5,1.0", "5,5", "-3", "0", "0.0", "1e9", "1,", "a,b"]
_URL = f"postgresql://user:{SECRET}@127.0.0.1:9"
_STORES = [
    *("store.db", "sqlite://", "sqlite:///other.db", "sqlite:///", "sqlite:////dev/null"),
    *(f"{_URL}/db", f"{_URL}/db?sslmode=no", f"{_URL}/a/b?x=y", f"postgresql://u:{SECRET}@[::1/db"),
    *(
        f"postgresql://user:{SECRET}@host:port/db",
        f"postgresql+psycopg://user:{SECRET}@127.0.0.1:9/",
    ),
    *(f"mysql://user:{SECRET}@127.0.0.1/db", f"nothing://user:{SECRET}@host/db", "://", "a://"),
    *(f"postgresql://127.0.0.1:9/db?user=me&password={SECRET}", "sqlite:///x?mode=ro", "x" * 600),
    *(f"postgresql://user:{SECRET}@127.0.0.1:99999/db", f"sqlite://user:{SECRET}@host/x.db"),
    *(
        "folder",
        "mine.csv",
        "damaged.db",
        "foreign.db",
        "newer.db",
        "empty.db",
        "fifo",
        "/dev/null",
    ),
    *("sqlite:///file:x.db?uri=true", "~nobody-here/x", "/proc/nothing/x.db", "missing/deep/x.db"),
    *(f"postgresql://user:{SECRET}@127.0.0.1:9/db?options=-c%20x&connect_timeout=x", "é.db", "a b"),
    *(f"postgresql+asyncpg://u:{SECRET}@127.0.0.1:9/d", f"POSTGRESQL://u:{SECRET}@127.0.0.1:9/d"),
    *(f"postgres://user:{SECRET}@127.0.0.1:9/db", "sqlite:///store.db?timeout=x", "sqlite+x://"),
    *(f"postgresql://u:{SECRET}%ZZ@127.0.0.1:9/d", "store.db/x", "folder/"),
]
_FILES = [
    *("mine.csv", "mine.parquet", "mine.npz", "search.toml", "folder", "missing.csv", "fifo", ""),
    *("/dev/null", "/dev/zero", "/proc/self/mem", "mine.csv/x", "x" * 300, "é.csv", "damaged.csv"),
    *("damaged.npz", "damaged.parquet", "link.csv", "model", "regression.csv", ".", "..", "~", "/"),
    *("empty.csv", "damaged.db", "mine.txt", "folder.csv", "damaged.toml", "mine.arrow"),
]
_OUTS = [
    *("out", "out.csv", "out.parquet", "out.json", "out.npz", "out/deep/er", "mine.csv", "folder"),
    *("", ".", "/dev/null", "/dev/null/x", "/proc/nothing", "x" * 300, "é.csv", "model", "fifo"),
    *("mine.csv/x", "out.CSV", "link.csv", "folder.csv", "a b/c", "missing/out.csv", "out."),
]
_TEXTS = {
    "dataset": ["mnist1d", "mnist", "cifar10", "MNIST1D", "make_mnist1d"],
    "model": ["mlp", "cnn", "gru", "logistic", "resnet", "MLP", "mlp,cnn", "os:system", "a:b"],
    "estimator": _ESTIMATORS,
    "imports": ["os", "nothing_here", "os.path", "a b", "sklearn", ".", "genlab"],
    "target": _COLUMNS,
    "groups": _COLUMNS,
    "drop": _COLUMNS,
    "test": ["0.2", "0.5", "1", "0.999", "set", "a", "-0.1", "1e-9"],
    "task": ["classification", "regression", "Classification"],
    "sizes": _NUMBERS,
    "forecast": _NUMBERS,
    "loss": ["squared", "absolute", "zero_one", "brier", "cross_entropy", "os:system", "a.b:c"],
    "optimizer": ["adam", "sgd", "Adam"],
    "class_weight": ["balanced", "0=2", "0=1,1=nan", "0=", "=1", "a=1", "0=1,0=2", "9=1"],
    "augment": ["crop_flip"],
    "sampling": ["bootstrap", "subsamples", "disjoint", "fresh"],
    "rows": ["test", "out_of_bag"],
    "scoring": [
        "error",
        "auc",
        "f1",
        "log_loss",
        "r2",
        "average_precision",
        "max_error",
        "jaccard",
    ],
    "sampler": ["tpe", "random", "grid"],
    "choose": ["best", "one-standard-error"],
    "simplest": ["max_depth=low", "strategy=prior,uniform", "x=", "=low", "width=high,low"],
    "scale": ["quick", "default", "paper"],
    "names": ["mnist1d-mlp", "double-descent", "nothing"],
    "name": ["mnist1d-mlp", "double-descent", "nothing"],
    "part": ["train", "test", "all"],
    "method": ["exact", "fast"],
    "try_first": ["max_depth=2", "width=3 depth=1", "'", "width", "max_depth=2 max_depth=3", "a=b"],
    "dask": ["local:0", "local:-1", "local:x", "local", "tcp://", "tcp:x", "x", "://", "local:nan"],
    "time_limit": ["2h", "90", "1.5m", "0", "-1s", "1h30m", "31d", "nan", "h"],
    "store": _STORES,
    "sources": _STORES,
    "numbers": [
        *("#fit?hidden=0", "fit?n=51", "#?noise=nan", "#fit?ridge=-1", "#fit?design=x", "#fit?a=b"),
        *("#fit?function=drawn", "#fit?drawn=1,2", "#fit?hidden=1e3", "#fit?seed=-1", "#fit", "?"),
    ],
    "host": ["localhost", "0.0.0.0", "::", "::1", "nothing.invalid", "127.0.0.1:80", "http://a"],
    "before": ["2024-01-01", "0001-01-01", "9999-12-31", "2024-13-01", "2024", "01.01.2024"],
    "kind": ["Cell", "EstimatorCell", "cell", "%", "Cell'"],
    "data": _FILES,
    "search": _FILES,
    "check": _FILES,
    "out": _OUTS,
    "folder": [
        "model",
        "table-model",
        "damaged-model",
        "folder",
        "missing",
        "mine.csv",
        "",
        "fifo",
    ],
}
_TABLE = ["--data", "mine.csv", "--target", "y"]
_FIT = [*_TABLE, "--estimator", "sklearn.dummy.DummyClassifier"]
_TREE = [*_TABLE, "--estimator", "sklearn.tree.DecisionTreeClassifier"]
#: Command -> command lines that work, from which the generated ones depart.
WORKING: dict[str, list[list[str]]] = {
    "train": [
        ["train", "--data", "mine.npz", "-o", "out", "--steps", "2", "--set", "hidden=2"],
        ["train", *_TABLE, "-o", "out", "--model", "logistic", "--steps", "2"],
    ],
    "predict": [
        ["predict", "model", "--data", "mine.npz"],
        ["predict", "table-model", "--data", "mine.csv"],
        ["predict", "damaged-model", "--data", "mine.npz", "-o", "out.csv"],
    ],
    "select": [
        ["select", *_TREE, "-o", "out", "--search", "max_depth=1,2", "--trials", "2"],
        ["select", "search.toml", "-o", "out", "--trials", "2"],
        ["select", "--data", "mine.npz", "-o", "out", "--search", "width=2..4", "--trials", "2"],
    ],
    "learn": [["learn", *_FIT, "--sizes", "8,12,16", "--seeds", "2"], ["learn", *_FIT]],
    "sweep": [
        ["sweep", *_TREE, "--capacity", "max_depth=1,2", "--seeds", "2"],
        ["sweep", *_TREE, "--capacity", "max_depth=1..4", "--folds", "2"],
        ["sweep", "--data", "mine.npz", "--capacity", "width=2..9:log"],
    ],
    "decompose": [["decompose", *_FIT, "--datasets", "4"]],
    "diagnose": [
        ["diagnose", "mine.csv", "--target", "y", *_TREE[4:], "--effort", "1", "-o", "out"]
    ],
    "reproduce": [["reproduce", "mnist1d-mlp", "--scale", "quick", "-o", "out"]],
    "seal": [["seal", "status"], ["seal", "status", "--store", "store.db"]],
    "data": [
        ["data", "mnist1d", "--n", "20", "-o", "out.csv"],
        ["data", "mnist1d", "--n", "20", "--method", "fast", "-o", "out.npz"],
        ["data", "mnist1d", "--check", "mine.npz"],
    ],
    "store": [
        ["store", "info", "--store", "store.db"],
        ["store", "list", "--store", "store.db", "--limit", "2"],
        ["store", "export", "--store", "store.db", "-o", "out.parquet"],
        ["store", "merge", "store.db", "--store", "other.db"],
        ["store", "prune", "--store", "store.db", "--before", "2024-01-01"],
        ["store", "verify", "--store", "store.db", "--sample", "1"],
    ],
    "explore": [
        ["explore", "-o", "out.html"],
        ["explore", "--numbers", "#fit?hidden=3&sets=20", "--json"],
        ["explore", "--no-browser", "--port", "0", "--store", "store.db"],
    ],
    "list": [["list"]],
    "show": [["show", "mnist1d-mlp", "-o", "report"], ["show", "mnist1d-mlp", "--table", "layers"]],
}

_words = st.one_of(
    st.sampled_from(_JUNK),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    st.integers().map(str),
    st.floats().map(str),
)
_named = st.builds("{}={}".format, st.sampled_from(_FIELDS), st.sampled_from(_RANGES) | _words)
# Where a command may write, only what lies in the folder of the test or cannot be made.
_places = st.one_of(
    st.sampled_from(_OUTS),
    _words.filter(lambda text: not text.startswith(("/", "~", "-")) and ".." not in text),
)


class Option(NamedTuple):
    """An option or argument of a command: its name in Python, and how it is typed."""

    name: str
    typed: tuple[str, ...]
    is_flag: bool
    number: str


@functools.cache
def options_of(command: str) -> list[Option]:
    """All options and arguments of a command, or of all commands of a group."""
    from genlab.cli import app

    found: Any = typer.main.get_command(app)
    found = found.commands[command]
    members = list(getattr(found, "commands", {"": found}).values())
    return [
        Option(
            one.name,
            tuple(text for text in one.opts + one.secondary_opts if text.startswith("-")),
            bool(getattr(one, "is_flag", False)),
            next((kind for kind in ("int", "float") if kind in str(one.type_descriptor)), ""),
        )
        for member in members
        for one in member.params
    ]


def _value(option: Option) -> st.SearchStrategy[str]:
    """A value that the option may be given, most often one that it cannot take."""
    if option.name == "out":
        return _places
    if option.name in ("store", "sources"):
        return st.sampled_from(_STORES)  # a text is a file's path: it would be written
    if option.name in ("searched", "settings", "capacity"):
        return _named
    if option.name in ("dask",):
        return st.sampled_from(_TEXTS["dask"])
    if option.number:
        whole = st.integers(0, 12) | st.integers(-3, 2**40) | st.sampled_from([2**32 - 1, 10**18])
        if option.number == "float":
            return (st.floats() | st.floats(0, 1) | whole).map(str)
        return st.one_of(*[whole.map(str)] * 5, _words)
    if option.name in _TEXTS:
        return st.sampled_from(_TEXTS[option.name]) | _words
    return _words


@st.composite
def command_lines(draw: st.DrawFn, command: str) -> list[str]:
    """A working command line of the command with one to four changes."""
    given = list(draw(st.sampled_from(WORKING[command])))
    options = options_of(command)
    first = 2 if command in ("seal", "data", "store") else 1
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["value"] * 8 + ["option"] * 8 + ["drop", "flag", "extra"]))
        option = draw(st.sampled_from(options))
        if kind == "value":
            typed = [
                i for i, text in enumerate(given) if text.startswith("-") and i + 1 < len(given)
            ]
            typed = [i for i in typed if i >= first]
            if typed:
                i = draw(st.sampled_from(typed))
                here = [one for one in options if given[i] in one.typed and not one.is_flag]
                if here:
                    given[i + 1] = draw(_value(here[0]))
        elif kind == "option":
            text = [] if option.is_flag else [draw(_value(option))]
            name = [draw(st.sampled_from(option.typed))] if option.typed else []
            if name and text and draw(st.booleans()) and name[0].startswith("--"):
                given.append(f"{name[0]}={text[0]}")
            else:
                given += [*name, *text]
        elif kind == "drop" and len(given) > first:
            del given[draw(st.integers(first, len(given) - 1))]
        elif kind == "flag":
            given.append(
                draw(
                    st.sampled_from(
                        [text for one in options if one.is_flag for text in one.typed] + ["--help"]
                    )
                )
            )
        elif kind == "extra":
            given.insert(draw(st.integers(first, len(given))), draw(st.sampled_from(_JUNK)))
    return given


def each(command: str) -> Iterator[list[str]]:
    """A working command line of the command with each option at each value of its pool."""
    for option in options_of(command):
        if option.is_flag:
            continue
        values = [*_TEXTS.get(option.name, ()), *_JUNK]
        if option.name in ("store", "sources", "out"):
            values = _TEXTS[option.name]
        elif option.name == "dask":
            values = _TEXTS["dask"]
        elif option.name in ("searched", "settings", "capacity"):
            values = [f"{name}={text}" for name in _FIELDS[::4] for text in _RANGES]
            values += [f"{name}={text}" for name in _FIELDS for text in _RANGES[::9]]
        for working in WORKING[command]:
            for value in values:
                yield _with(list(working), option, value, command)


def _with(given: list[str], option: Option, value: str, command: str) -> list[str]:
    """The command line with this value, in the place of the one that it has."""
    for name in option.typed:
        if name in given and option.name not in ("searched", "settings"):
            given[given.index(name) + 1] = value
            return given
    if option.typed:
        return [*given, option.typed[0], value]
    at = 2 if command in ("seal", "data", "store") else 1
    if command in ("predict", "show", "diagnose", "select") and not given[at].startswith("-"):
        del given[at]
    given.insert(at, value)
    return given


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """A CSV file, damaged."""
    separator = draw(st.sampled_from(",,,,;\t| "))
    whole = ["a", "b", "word", "day", "set", "y"]
    others = [["y"], ["y", "y"], ["a", "y", "a"], ["", "y"]]
    columns = draw(st.sampled_from([whole] * 4 + others))
    cells = st.one_of(
        st.sampled_from(
            ["0", "1", "2", "x", "", "nan", "inf", "1e400", "-1e308", "2024-01-01", '"']
        ),
        st.sampled_from(["train", "test", "é", "1,5", "1;2", "'", "true", "0001-01-01", "9" * 400]),
        st.integers().map(str),
        st.floats(width=32).map(str),
        st.text(max_size=4),
    )
    n = draw(st.sampled_from([0, 1, 2, 3, 10, 30, 40]))
    kinds = draw(st.sampled_from(["even", "even", "one", "any"]))
    lines = [separator.join(columns)] if draw(st.integers(0, 9)) else []
    one = draw(cells)
    pool = draw(st.lists(cells, min_size=1, max_size=6))
    for i in range(n):
        row = [one if kinds == "one" else pool[(i + j) % len(pool)] for j in range(len(columns))]
        if kinds == "even":
            row = [str((i * 7 + j) % 11) for j in range(len(columns) - 1)] + [str(i % 2)]
        lines.append(separator.join(row))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(lines)))
        lines.insert(at, draw(st.sampled_from(
            ["", ",", "a;b;c", ",,,,,,,,", '"', "x" * 200_000, "#", "1\t2", '"a\nb",1', "\0\0"]
        )))  # fmt: skip
    text = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])).join(lines)
    content = text.encode(
        draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1", "utf-32"])),
        errors="replace",
    )
    return damaged(draw, content)


def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The content as it is, or cut off, or with other bytes in it."""
    at = draw(st.integers(0, len(content)))
    return draw(st.sampled_from(
        [content] * 4
        + [content[:at], content[:at] + b"\0" + content[at:], content[:at] + b"\xff\xfe\x80"]
        + [content[:at] + bytes(range(256)) + content[at:], content[at:], b""]
    ))  # fmt: skip


@st.composite
def files(draw: st.DrawFn, places: Places) -> dict[str, bytes]:
    """Files of the folder that stand in place of those that are whole, or none."""
    kind = draw(st.sampled_from(["none", "none", "none", "csv", "csv", "csv", "other"]))
    if kind == "none":
        return {}
    if kind == "csv":
        return {"mine.csv": draw(tables())}
    name = draw(st.sampled_from(sorted(places.damageable)))
    return {name: damaged(draw, places.damageable[name])}


class Places:
    """A folder in which the commands run, with good and bad files; nothing else may change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "cwd"
        self.folder.mkdir()
        (folder / "home").mkdir()
        (folder / "tmp").mkdir()
        self._root = folder
        self._fill()
        self.damageable = {
            name: (self.folder / name).read_bytes()
            for name in (
                *("mine.npz", "mine.parquet", "mine.arrow", "search.toml", "model/model.json"),
                *("model/weights.safetensors", "table-model/model.json", "store.db"),
                *("report/mnist1d-mlp/results.json", "table-model/weights.safetensors"),
            )
        }
        self._first = self._before = self._state()
        self._whole = {path: path.read_bytes() for path in self._first if path.is_file()}

    def _fill(self) -> None:
        import pandas
        from sklearn.dummy import DummyClassifier

        here = self.folder
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(30, 3)), np.arange(30) % 2
        frame = pandas.DataFrame(x.round(3), columns=["a", "b", "r"])
        frame["word"] = ["red", "green", "blue"] * 10
        frame["day"] = pandas.date_range("2024-01-01", periods=30).astype(str)
        frame["set"] = (["train"] * 4 + ["test"]) * 6
        frame["y"] = y
        frame.to_csv(here / "mine.csv", index=False)
        frame.to_csv(here / "mine.txt", index=False)
        frame.to_parquet(here / "mine.parquet")
        frame.to_feather(here / "mine.arrow")
        frame.drop(columns="y").to_csv(here / "regression.csv", index=False)
        np.savez(here / "mine.npz", x=x[:20], y=y[:20], x_test=x[20:], y_test=y[20:])
        for suffix in ("csv", "npz", "parquet", "db", "toml"):
            (here / f"damaged.{suffix}").write_bytes(bytes(range(256)) * 3)
        (here / "empty.csv").touch()
        (here / "empty.db").touch()
        (here / "folder").mkdir()
        (here / "folder.csv").mkdir()
        (here / "damaged-model").mkdir()
        (here / "damaged-model" / "model.json").write_text("{}")
        (here / "link.csv").symlink_to("nowhere.csv")
        os.mkfifo(here / "fifo")
        (here / "search.toml").write_text(
            '[data]\nfile = "mine.csv"\ntarget = "y"\n[search]\ntrials = 2\n[model]\n'
            'estimator = "sklearn.tree.DecisionTreeClassifier"\n[parameters]\nmax_depth = [1, 2]\n'
        )
        with genlab.sweep.Store(here / "newer.db") as store:
            store.make()
        for name, statement in (
            ("foreign", "CREATE TABLE others (x INTEGER)"),
            ("newer", "UPDATE genlab_version SET version = 999"),
        ):
            with contextlib.closing(sqlite3.connect(here / f"{name}.db")) as connection:
                connection.execute(statement)
                connection.commit()
        recipe = genlab.Recipe.adam(learning_rate=0.01, batch_size=None, steps=2)
        data = genlab.datasets.Dataset(x[:20], y[:20], x[20:], y[20:])
        run = genlab.train(genlab.models.MLP(hidden=(2,)), data, recipe, seeds=(0,))
        genlab.training.save_model(here / "model", run, data)
        table = genlab.datasets.load_table(here / "mine.csv", target="y")
        genlab.learning_curve(
            DummyClassifier(), table, sizes=[8, 12], seeds=range(2), store=here / "store.db"
        )
        run = genlab.train(genlab.models.Logistic(), table, recipe, seeds=(0,))
        genlab.training.save_model(here / "table-model", run, table)
        (here / "report" / "mnist1d-mlp").mkdir(parents=True)
        (here / "report" / "mnist1d-mlp" / "results.json").write_text('{"experiment": "x"}')

    def environment(self) -> dict[str, str]:
        """Variables that keep what is written by default within the folder."""
        root = self._root
        return {
            "HOME": str(root / "home"),
            "GENLAB_STORE": f"sqlite:///{root / 'default.db'}",
            "GENLAB_DATA_HOME": str(root / "home" / "data"),
            "TMPDIR": str(root / "tmp"),
            "GENLAB_JOBS": "1",
            "GENLAB_STORE_WAIT": "0",
        }

    def write(self, contents: dict[str, bytes]) -> None:
        """Put these files in the place of the whole ones."""
        for name, content in contents.items():
            (self.folder / name).write_bytes(content)
        self._before = self._state()

    def changed(self) -> set[Path]:
        """What lies in the folder and did not, or is another than it was."""
        after = self._state()
        return {
            path
            for path in self._before.keys() | after.keys()
            if self._before.get(path) != after.get(path)
        }

    def mend(self, changed: set[Path]) -> None:
        """Make it again as it was at the first."""
        for path in sorted(changed, reverse=True):
            if path not in self._first and path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path not in self._first:
                path.unlink(missing_ok=True)
        for path, content in self._whole.items():
            if not path.is_file() or path.read_bytes() != content:
                path.unlink(missing_ok=True)
                path.write_bytes(content)
        self._before = self._state()

    def _state(self) -> dict[Path, tuple[int, int, int]]:
        found = {}
        for top, folders, names in os.walk(self._root):
            for name in (*folders, *names):
                path = Path(top, name)
                now = path.lstat()
                is_folder = path.is_dir() and not path.is_symlink()
                found[path] = (0, 0, now.st_mode) if is_folder else (
                    now.st_size, now.st_mtime_ns, now.st_mode)  # fmt: skip
        return found

    def allowed(self, arguments: list[str]) -> list[Path]:
        """Where this command line may write: --out, --store and the default store."""
        root = self._root
        places = [root / "default.db", root / "default.db-wal", root / "default.db-shm"]
        for i, text in enumerate(arguments):
            option, _, value = text.partition("=")
            if text in ("-o", "--out", "--store") and i + 1 < len(arguments):
                value = arguments[i + 1]
            elif option not in ("-o", "--out", "--store"):
                if not text.startswith("-o"):
                    continue
                option, value = "-o", text[2:]
            value = value.split("sqlite:///")[-1].removeprefix("file:").split("?")[0]
            place = Path(os.path.realpath(self.folder / value))
            places += [place, place.with_name(f"{place.name}-wal"), *place.parents]
            places += [place.with_name(f"{place.name}-shm")] if place.name else []
            if place == self.folder and not option.startswith("--s"):
                places += self.folder.iterdir()  # as for --out .
        # Where no --out is given, these are the defaults.
        places += [self.folder / f"genlab-{name}" for name in ("report", "selection", "diagnosis")]
        return places

    def outside(self, changed: set[Path], arguments: list[str]) -> list[Path]:
        """What was changed and may not have been."""
        allowed = self.allowed(arguments)
        exact = set(allowed)
        trees = [one for one in allowed if one not in self.folder.parents and one != self.folder]
        return [
            path
            for path in changed
            if path not in exact and not any(path.is_relative_to(one) for one in trees)
        ]


class WorkBegins(SystemExit):
    """All checks are passed: what would follow is no longer input."""

    def __init__(self) -> None:
        super().__init__(0)


def _begin(*_: Any, **__: Any) -> Any:
    raise WorkBegins


def checks_alone(patch: Any) -> None:
    """Let long work end where it begins: workers, training and experiments.

    `patch` is pytest's MonkeyPatch. Brief fits of estimators are done.
    """
    # The commands are made from their functions once, not anew for each command line.
    patch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))
    patch.setattr("genlab.sweep.executors._local.LocalExecutor.run", _begin)
    patch.setattr("genlab.sweep.executors._brief._run_here", _run_here)
    patch.setattr("genlab.charts.Figure.files", lambda figure: {f"{figure.name}.svg": b"<svg/>"})
    patch.setattr(importlib.import_module("genlab.experiments"), "run_experiment", _begin)
    patch.setattr("genlab.selection.run_search", _run_search)
    patch.setattr("genlab.datasets.write_mnist1d", _write_mnist1d)
    patch.setattr("genlab.training.train", _begin)
    patch.setattr("genlab.explorer._serve._listen", _begin)
    patch.setattr("genlab.datasets.images._fetch._MNIST_URL", "http://127.0.0.1:9/")
    patch.setattr("genlab.datasets.images._fetch._CIFAR_URL", "http://127.0.0.1:9/")


def _run_here(*arguments: Any) -> Any:
    if time.perf_counter() - _started[0] > MOST_SECONDS / 20:
        raise WorkBegins
    return _run_fits(*arguments)


def _run_search(search: Any, *arguments: Any, **named: Any) -> Any:
    if search.n_trials > 4:
        raise WorkBegins
    return _search(search, *arguments, **named)


def _write_mnist1d(out: Any, n: int, *arguments: Any, **named: Any) -> Any:
    if n > 2000 or named["final_seq_length"] > 200:
        raise WorkBegins
    return _write(out, n, *arguments, **named)


_search, _write = genlab.selection.run_search, genlab.datasets.write_mnist1d
_run_fits = genlab.sweep.executors._brief._run_here
_started = [0.0]


class Ended(NamedTuple):
    """How a command ended."""

    status: Any
    output: str
    errors: str
    seconds: float


class TooSlowError(BaseException):
    """A command took longer than it may."""


def _too_slow(*_: object) -> None:
    raise TooSlowError


def run(arguments: list[str]) -> Ended:
    """Run the command line in this process."""
    from genlab import cli

    output, errors = (
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)
    )
    start = _started[0] = time.perf_counter()
    argv, environ, show = sys.argv, os.environ, warnings.showwarning
    sys.argv = ["genlab", *arguments]
    status: Any = None
    signal.signal(signal.SIGALRM, _too_slow)
    signal.alarm(MOST_SECONDS)
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            cli.main()
    except SystemExit as ended:
        status = ended.code
    except TooSlowError:
        status = "too slow"
    except BaseException as error:
        status = f"raised {type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
        sys.argv, os.environ, warnings.showwarning = argv, environ, show
    texts = [one.buffer.getvalue().decode("utf-8", "replace") for one in (output, errors)]  # type: ignore[attr-defined]
    return Ended(status, *texts, time.perf_counter() - start)


def faults(ended: Ended) -> list[str]:
    """What is wrong with how a command ended: empty where nothing is."""
    found = []
    if ended.status not in (0, 1, 2) or isinstance(ended.status, bool):
        found.append(f"ended with {ended.status}")
    both = ended.output + ended.errors
    for sign in ("Traceback", "this is a defect", "RuntimeWarning", SECRET):
        if sign in both:
            line = next(line for line in both.splitlines() if sign in line)
            found.append(f"{sign}: {line[:300]}")
    if ended.status in (1, 2):
        lines = ended.errors.splitlines()
        if not lines or not lines[-1].startswith("genlab: "):
            if not (ended.status == 1 and not lines and ended.output):  # data --check
                found.append(f"no sentence: {ended.errors[-200:]!r}")
        elif not lines[-1].rstrip().endswith((".", ")", "!", "?")):
            found.append(f"no full stop: {lines[-1][-200:]}")
    return found
