"""The command `diagnose`: the library's answers, the advice first, and mistakes in a sentence."""

import json
import random
import re

import pytest
from pictures import no_pictures
from sklearn.neighbors import KNeighborsClassifier
from sweep.here import no_workers

import genlab
from genlab._base.jsons import finite

pytestmark = pytest.mark.filterwarnings("always::genlab.DataWarning")

TREE = ("--estimator", "sklearn.tree.DecisionTreeClassifier")
KNN = ("--estimator", "sklearn.neighbors.KNeighborsClassifier")


@pytest.fixture(autouse=True, scope="module")
def _no_workers():
    with no_workers(), no_pictures():
        yield


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Members who left: words, gaps, and a refund that is known only once they have left."""
    path = tmp_path_factory.mktemp("tables") / "members.csv"
    draw = random.Random(0)
    lines = ["age,plan,refund,left"]
    for i in range(90):
        age = draw.randint(18, 80)
        left = draw.random() < (0.8 if age < 45 else 0.2)
        shown = "" if i % 11 == 0 else age
        refund = draw.randint(5, 90) if left else 0
        lines.append(f"{shown},{draw.choice(['basic', 'plus'])},{refund},{'yes' if left else 'no'}")
    path.write_text("\n".join(lines))
    return path


def test_the_advice_comes_first_and_the_page_is_written(run_genlab, table, tmp_path):
    out, store = tmp_path / "out", tmp_path / "kept.db"
    arguments = [
        *("diagnose", table, "--target", "left", *TREE, "--effort", "1"),
        *("--out", out, "--store", store),
    ]
    status, text, err = run_genlab(*arguments)
    assert status == 0
    said = " ".join(text.split())
    places = [
        said.index(part)
        for part in (
            "DecisionTreeClassifier on 72 training examples",
            "The column 'refund' is enough to predict the target of every training row",
            "(`--drop COLUMN` drops a column.)",
            "What would help?",
            "How well does the model do on data it has not seen?",
            "Would more data help?",
            f"The page: {out / 'index.html'}",
        )
    ]
    assert places == sorted(places)
    assert "warning: The column 'refund'" in " ".join(err.split())
    page = (out / "index.html").read_text()
    assert '<p class="missing">The column &#39;refund&#39; is enough' in page
    assert page.count("is enough to predict") == 1
    again = re.search(r"<pre[^>]*>(genlab diagnose .*)</pre>", page)[1]
    assert again.endswith(f"{TREE[1]} --effort 1")
    assert "kept.db" not in again

    # A second call fits nothing, and shows the one opening of the test set.
    status, text, _ = run_genlab(*arguments, "--json")
    assert status == 0
    printed = json.loads(text)
    held = json.loads((out / "diagnosis.json").read_text())
    assert {**printed, "seconds": 0} == {**held, "seconds": 0}
    test = printed["parts"][0]["tables"]["test"]
    assert test[0]["n"] == 18


def test_it_is_the_library_s_diagnosis(run_genlab, table, tmp_path):
    arguments = ["diagnose", table, "--target", "left", "--drop", "refund", *KNN]
    arguments += ["--capacity", "n_neighbors=8,4,2", "--set", "n_neighbors=3", "--keep-sealed"]
    status, text, _ = run_genlab(*arguments, "--effort", "1", "--json", "--out", tmp_path / "out")
    assert status == 0
    printed = json.loads(text)
    data = genlab.datasets.load_table(table, target="left", drop=["refund"])
    found = genlab.diagnose(
        KNeighborsClassifier(3), data, capacity={"n_neighbors": [8, 4, 2]}, effort=1,
        open_test=False,
    )  # fmt: skip
    assert printed["parts"] == finite(found.to_dict()["parts"])
    assert "test" not in printed["parts"][0]["tables"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--target", "left", "--dataset", "mnist1d"), "give either --dataset NAME or FILE, got b"),
        (("--target", "gone"), "--target must be"),
        (("--drop", "age"), "--drop must come with --target COLUMN"),
        (("--target", "left", *TREE, "--model", "mlp"), "give either --model NAME or --estimator"),
        (("--target", "left", *TREE, "--effort", "9"), "--effort must be"),
        (("--target", "left", *TREE, "--minutes", "0"), "--minutes must be"),
        (("--target", "left", *TREE, "--capacity", "leaves=2,4,8"), "--capacity must name a para"),
        (("--target", "left", *TREE, "--capacity", "max_depth=2,4"), "--capacity must have at l"),
        (("--target", "left", *TREE, "--capacity", "max_depth=9..2"), "--capacity must have 0 <"),
        (("--target", "left", "--set", "trees=2"), "'trees' must be a parameter of RandomForestC"),
    ],
)
def test_mistakes_are_a_sentence(run_genlab, table, tmp_path, arguments, message):
    status, out, err = run_genlab("diagnose", table, *arguments, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert message in " ".join(err.split())
    assert "Traceback" not in err


def test_without_time_the_model_is_measured_and_no_more(run_genlab, table, tmp_path):
    arguments = ["--target", "left", *TREE, "--minutes", "1e-9", "--out", tmp_path / "out"]
    status, text, _ = run_genlab("diagnose", table, *arguments)
    assert status == 0
    assert text.count("There was not enough time for this question: allow more minutes.") == 4
    status, _, err = run_genlab("diagnose")
    assert (status, "give either --dataset NAME or FILE, got neither." in err) == (2, True)
