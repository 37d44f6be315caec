"""The package that the manual offers for copying: it keeps the rules, and runs in every study."""

import dataclasses
import importlib.util
import shutil
import tomllib
from pathlib import Path

import pytest
from packages import forget

import genlab
from genlab.datasets import DataSpec
from genlab.models import get_model
from genlab.sweep import EXECUTORS, LocalExecutor, Store

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "docs" / "template"
RECIPE = genlab.Recipe.adam(0.01, steps=20, batch_size=None, evaluate_every=20)

pytestmark = pytest.mark.skipif(
    not TEMPLATE.exists(), reason="the template is not beside the package"
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that a copy of the template is installed in, as pip would."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(TEMPLATE / "src" / "my_lab", folder / "my_lab")
    project = tomllib.loads((TEMPLATE / "pyproject.toml").read_text())["project"]
    info = folder / "my_lab-0.1.0.dist-info"
    info.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(head)
    lines = []
    for group, named in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {path}" for name, path in named.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patched:
        forget("my_lab")
        patched.syspath_prepend(folder)
        yield folder
    forget("my_lab")


@pytest.fixture(scope="module")
def workers():
    """Two workers for all studies, for they take seconds to start."""
    with LocalExecutor(2) as two, pytest.MonkeyPatch.context() as patched:
        patched.setitem(EXECUTORS, "local", lambda jobs: two)
        yield


def test_its_tests_pass(installed):
    """As pytest calls them, without a process of its own."""
    path = TEMPLATE / "tests" / "test_my_lab.py"
    spec = importlib.util.spec_from_file_location("test_my_lab", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for test in (module.test_model, module.test_loss, module.test_data):
        (mark,) = test.pytestmark
        for check in mark.args[1]:
            test(check)


def test_it_runs_in_every_study_on_two_workers(installed, workers):
    network = get_model("tanh-network")
    data = DataSpec("blobs", {"n_train": 40, "distance": 1.5, "seed": 3}).make()
    assert data.spec.name == "my_lab.data:blobs"
    trained = genlab.train(network(4), data, RECIPE, range(2))
    with Store("sqlite://") as store:
        curve = genlab.capacity_curve(network, [4, 8], data, RECIPE, range(2), store=store, jobs=2)
        learned = genlab.learning_curve(
            network(4), data, RECIPE, sizes=[20, 40], seeds=range(2), store=store, jobs=2
        )
        # The name of an entry point and the import path are one loss, of one key.
        smoothed = [
            genlab.capacity_curve(
                network,
                [4],
                data,
                dataclasses.replace(RECIPE, loss=loss),
                range(2),
                store=store,
                jobs=2,
            ).to_frame()
            for loss in ("smoothed", "my_lab.losses:smoothed")
        ]
        assert smoothed[0].equals(smoothed[1])
        parts = genlab.decompose(
            network(4), data, 3, sampling="fresh", recipe=RECIPE, store=store, jobs=2
        )
        few = DataSpec("blobs", {"n_train": 15, "distance": 1.5, "seed": 3}).make()
        found = genlab.diagnose(network(4), few, RECIPE, effort=1, store=store, jobs=2)
    answered = {part.name for part in found.parts if part.answer}
    assert answered == {"how well", "more data", "why", "probabilities"}  # it has no known capacity
    assert curve.to_frame()["n_parameters"].tolist() == [22, 22, 42, 42]
    # Trained in a worker or here, a seed gives the same errors.
    assert curve.to_frame()["test_error"][:2].tolist() == trained.test_error[:, -1].tolist()
    assert learned.errors().shape == (2, 2)
    # With a tenth of each label elsewhere the loss is larger where the fit is good.
    assert (smoothed[0]["train_loss"] > curve.to_frame()["train_loss"][:2]).all()
    total = sum(term.mean for term in parts.average.terms.values())
    assert total == pytest.approx(parts.average.loss.mean, abs=1e-12)


def test_the_manual_shows_it():
    page = (ROOT / "docs" / "extending.md").read_text("utf-8")
    for file in ("src/my_lab/models.py", "src/my_lab/data.py", "tests/test_my_lab.py"):
        assert (TEMPLATE / file).read_text("utf-8").strip() in page, file
