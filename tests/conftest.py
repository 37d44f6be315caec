"""A strict test environment: one thread, as in the workers; a store of its own for each test."""

import os

from genlab._base.environment import ONE_THREAD

os.environ.update(ONE_THREAD)  # before anything reads them
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_NUMPY_RANK_PROMOTION"] = "raise"

# The cores are filled by the tests' own processes.
os.environ["GENLAB_JOBS"] = "1"

# Dask's worker processes are forked from one, and its profiler and clock are still.
os.environ["DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD"] = "forkserver"
os.environ["DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED"] = "False"
os.environ["DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL"] = "200ms"

# Most of the time goes into compiling. The processes of a session, and those that its tests start,
# share what is compiled, for as long as the session lasts: modules too, where Python is told to
# keep none. A process of pytest-xdist has these variables from the session's first process.
import atexit
import gc
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

# All compile in less time: JAX looks on the path for what this folder holds.
_COMPILING = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compiling")

if "PYTEST_XDIST_WORKER" not in os.environ:
    _COMPILED = tempfile.mkdtemp(prefix="genlab-compiled-")
    atexit.register(shutil.rmtree, _COMPILED, ignore_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = os.path.join(_COMPILED, "programs")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    if sys.dont_write_bytecode:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = os.path.join(_COMPILED, "modules")
    _PATH = [*filter(None, [os.environ.get("PYTHONPATH")]), _COMPILING]
    os.environ["PYTHONPATH"] = os.pathsep.join(_PATH)
sys.path.append(_COMPILING)  # here too, for pytest-xdist gives its processes a path of its own

# What is loaded and collected stays to the end: there is nothing in it to free.
gc.disable()

import forkserver
import pytest
from jaxtyping import install_import_hook

# The shapes that annotations promise are checked, in the modules that compute on arrays;
# the others check their arguments themselves, and are tested for what they say.
install_import_hook(
    [
        "genlab.datasets.transforms",
        "genlab.datasets.mnist1d._exact",
        "genlab.datasets.mnist1d._fast",
        "genlab.datasets.mnist1d._templates",
    ],
    "beartype.beartype",
)

import genlab


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("GENLAB_STORE", f"sqlite:///{tmp_path / 'store.db'}")


@pytest.fixture(scope="module", autouse=True)
def _no_workers_left():
    """The workers that a module's tests share end with it: they hold memory.

    They are forked from one process that has imported JAX, which saves two seconds of each.
    """
    if processes := sys.modules.get("genlab.sweep.executors._processes"):
        processes.subprocess = forkserver
    yield
    if "genlab.sweep" in sys.modules:
        genlab.sweep.end_workers()
    # What a module leaves, such as traced functions, stays: later collections need not go through
    # it, which took two fifths of the time late in a session.
    gc.freeze()


@pytest.fixture
def started_workers(monkeypatch):
    """Workers that are started as those of a user, for a test of what they find at their start."""
    genlab.sweep.end_workers()
    monkeypatch.setattr("genlab.sweep.executors._processes.subprocess", subprocess)


@pytest.fixture
def no_warm_workers():
    """A test of the start of workers begins without any."""
    genlab.sweep.end_workers()


@pytest.fixture
def run_genlab(monkeypatch, capsys):
    """The command line in this process: exit status, standard output, standard error.

    Seconds cheaper than a process of its own, which only the tests of the process itself need.
    """
    from genlab import cli

    def run_genlab(*arguments):
        monkeypatch.setattr(sys, "argv", ["genlab", *map(str, arguments)])
        # Two things that a command changes in its process, for good.
        monkeypatch.setattr(os, "environ", {**os.environ})
        monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, *capsys.readouterr()

    return run_genlab


@pytest.fixture(scope="module")
def browser():
    """The system's Chromium."""
    from browser import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser):
    """A page that fails the test if it prints, raises, or asks anything of another host."""
    from browser import quiet_page

    with quiet_page(browser) as page:
        yield page


@pytest.fixture
def page_in_browser(browser, screenshot):
    """Look at a page of ours, which holds figures: light, dark and on a phone.

    It prints nothing, asks no other host, keeps no reader out, and is not wider than the phone,
    also once its first figure is interactive.
    """
    from browser import PHONE, barriers, quiet_page, sideways

    def look(path, name):
        looks = {
            "light": {"color_scheme": "light"},
            "dark": {"color_scheme": "dark"},
            "phone": {"viewport": PHONE},
        }
        for kind, options in looks.items():
            with quiet_page(browser, **options) as page:
                page.goto(path.as_uri())
                screenshot(page, f"{name}-{kind}")
                assert sideways(page) == 0
                # In the dark all figures are still; else the first one of them is interactive.
                buttons = page.get_by_role("button", name="Make interactive").all()
                for button in buttons[:1] if kind != "dark" else []:
                    button.click()
                    page.locator(".chart svg").wait_for()
                    assert sideways(page) == 0
                assert barriers(page) == []

    return look


@pytest.fixture
def screenshot():
    """Keep a picture of a page in $GENLAB_SCREENSHOTS; without it none is taken."""
    kept = os.environ.get("GENLAB_SCREENSHOTS")

    def screenshot(page, name, *, full_page=True):
        if kept:
            Path(kept).mkdir(parents=True, exist_ok=True)
            path = Path(kept) / f"{name}.png"
            page.screenshot(path=path, full_page=full_page, animations="disabled")

    return screenshot


@pytest.fixture
def outside(monkeypatch):
    """A package with entry points, installed for the length of a test."""
    from packages import OUTSIDE, forget

    forget("outside_lab")
    monkeypatch.syspath_prepend(OUTSIDE)
    yield
    forget("outside_lab")


@pytest.fixture
def no_mnist(tmp_path, monkeypatch):
    """A data folder without MNIST, and no way to download it."""
    monkeypatch.setenv("GENLAB_DATA_HOME", str(tmp_path / "no data"))
    monkeypatch.setattr("genlab.datasets.images._fetch._MNIST_URL", "http://127.0.0.1:9/")


@pytest.fixture
def small_mnist(tmp_path, monkeypatch):
    """Four files of MNIST's format, and their checksums in place of the published."""
    from datasets.mnist_files import write_small_mnist

    folder = tmp_path / "data" / "mnist"
    monkeypatch.setattr("genlab.datasets.images._fetch._MNIST", write_small_mnist(folder))
    monkeypatch.setenv("GENLAB_DATA_HOME", str(tmp_path / "data"))
    return folder


@pytest.fixture(scope="session")
def small_data():
    """400 training and 100 test examples."""
    return genlab.datasets.make_mnist1d(n_samples=500)


@pytest.fixture(scope="session")
def mnist1d_mlp(tmp_path_factory):
    """The result of `mnist1d-mlp`, run once for all tests, whichever process they are in."""
    import fcntl
    import json

    import jax

    from genlab.experiments import EXPERIMENTS, ExperimentResult, run_experiment
    from genlab.sweep import Store

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # which all processes of a session have
    path = folder / "mnist1d-mlp.json"
    with (folder / "mnist1d-mlp.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            with Store("sqlite://") as store, pytest.MonkeyPatch.context() as patched:
                jax.devices()  # JAX starts here as everywhere: what follows is for the workers
                patched.setenv("GENLAB_TESTS_OPTIMISE", "1")  # 60,000 steps
                result = run_experiment(EXPERIMENTS["mnist1d-mlp"], store, scale="quick")
            path.write_text(json.dumps(result.to_json(), allow_nan=False))
    return ExperimentResult.from_json(json.loads(path.read_text()))
