"""The command line as its users meet it: its output and its exit status.

The command runs in the test's own process, but where the process itself is the subject.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from packages import OUTSIDE

from genlab.experiments import EXPERIMENTS

COMMAND = [sys.executable, "-m", "genlab"]


def run_process(*arguments, cwd, **options):
    """The command in a process of its own."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, **options
    )


@pytest.fixture
def run(run_genlab, tmp_path, monkeypatch):
    """The command in an empty folder: exit status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    return run_genlab


def test_help_has_examples(run):
    status, out, _ = run("--help")
    assert status == 0
    for word in ("reproduce", "list", "show", "Example: genlab reproduce"):
        assert word in out
    assert "Example: genlab reproduce" in run("reproduce", "--help")[1]


def test_version(run):
    import genlab

    assert run("--version")[1] == f"genlab {genlab.__version__}\n"


def test_list(run):
    assert "mnist1d-mlp" in run("list")[1]
    rows = json.loads(run("list", "--json")[1])
    assert [row["name"] for row in rows] == list(EXPERIMENTS)
    assert rows[0]["quick_seconds"] > 0


def prepare(folder):
    (folder / "file").write_text("x")
    (folder / "taken").mkdir()
    (folder / "taken" / "mnist1d-mlp").write_text("x")
    (folder / "bad.npz").write_text("x")
    (folder / "text.db").write_text("this is no database at all " * 100)
    with sqlite3.connect(folder / "theirs.db") as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()


USAGE = [
    (["reproduce", "mnist2d"], "unknown experiment 'mnist2d'; there are: mnist1d-construction"),
    (["reproduce", "--scale", "huge"], "--scale must be one of quick, default, paper, got 'huge'"),
    (["reproduce", "--seed", "-1"], "--seed"),
    (["reproduce", "--seed", "99999999999"], "--seed must be at most 429495, got"),
    (["reproduce", "--seed", "one"], "Invalid value for '--seed': Input should be a valid integer"),
    (["reproduce", "--jobs", "0"], "--jobs"),
    (
        ["reproduce", "--jobs", "many"],
        "Invalid value for '--jobs': Input should be a valid integer",
    ),
    (["reproduce", "--colour"], "--colour"),
    (["reprodcue"], "reprodcue"),
    (["show"], "NAME"),
    (["show", "mnist2d"], "unknown experiment 'mnist2d'"),
    (["show", "mnist1d-mlp", "--csv", "--json"], "exclude each other"),
    (["data", "mnist1d"], "give either -o FILE, to write one, or --check FILE"),
    (["data", "mnist1d", "--check", "text.db"], "`path` must be one of '.npz', '.parquet'"),
    (["data", "mnist1d", "-o", "a.txt"], "`path` must be one of '.npz', '.parquet', '.csv'"),
    (["data", "mnist1d", "-o", "a.npz", "--method", "quick"], "`method` must be one of 'exact'"),
    (["data", "mnist1d", "-o", "a.npz", "--n", "5"], "--n"),
]
FAILURE = [
    (["reproduce", "--out", "file"], "--out must be a folder, and file is or lies below a file"),
    (["reproduce", "--out", "file/below"], "--out must be a folder"),
    (["reproduce", "--store", "text.db"], "file is not a database"),
    (["reproduce", "--store", "theirs.db"], "holds another program's tables (customers)"),
    (["reproduce", "--store", "nothing://x"], "cannot open the store"),
    (["reproduce", "--store", "postgresql://u:pw@h:port/x"], "URL postgresql://... cannot be read"),
    (["reproduce", "mnist1d-mlp", "--out", "taken"], "--out must be a folder, and taken/mnist1d"),
    (["data", "mnist1d", "--check", "no.npz"], "no.npz cannot be read: No such file"),
    (["data", "mnist1d", "--check", "bad.npz"], "bad.npz holds no MNIST-1D"),
    (["data", "mnist1d", "-o", "no/a.npz"], "no/a.npz cannot be written: No such file"),
    (["show", "mnist1d-mlp"], "holds no results of mnist1d-mlp; run `genlab reproduce"),
]


@pytest.mark.parametrize(
    ("arguments", "message", "status"),
    [(*case, 2) for case in USAGE] + [(*case, 1) for case in FAILURE],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_gets_one_sentence(run, tmp_path, arguments, message, status):
    prepare(tmp_path)
    code, out, err = run(*arguments)
    assert code == status, err
    assert message in err
    assert out == ""
    assert len(err.strip().splitlines()) == 1, err
    assert "Traceback" not in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_writable(run, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    status, _, err = run("reproduce", "--out", "locked")
    assert status == 1
    assert "--out must be writable" in err


def test_debug_shows_the_traceback(tmp_path):
    prepare(tmp_path)
    done = run_process("--debug", "reproduce", "--store", "theirs.db", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def numbers(text):
    """results.json less what differs between runs of the same work."""
    results = json.loads(text)
    for result in results if isinstance(results, list) else [results]:
        result.pop("seconds")
        result.pop("machine")
    return results


def test_killed_and_run_again(run, outside, tmp_path):
    """SIGKILL in the middle of the work; the next run gives the undisturbed numbers."""
    path = os.pathsep.join(filter(None, [str(OUTSIDE), os.environ.get("PYTHONPATH", "")]))
    killed, undisturbed = tmp_path / "killed.db", tmp_path / "undisturbed.db"
    # Many small cells, of an experiment that another package brings.
    arguments = ["reproduce", "outside-distance", "--scale", "paper", "--json"]
    process = subprocess.Popen(
        [*COMMAND, *arguments, "--jobs", "2", "--store", killed],
        cwd=tmp_path,
        # The workers never make the data of one distance: it cannot end before it is killed.
        env={**os.environ, "PYTHONPATH": path, "OUTSIDE_LAB_HELD_BELOW": str(os.getpid())},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 300
    while kept(killed) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    n_kept = kept(killed)
    status, again, err = run(*arguments, "--store", killed)
    assert status == 0, err
    written = (tmp_path / "genlab-report" / "outside-distance" / "results.json").read_text()
    status, out, err = run(*arguments, "--store", undisturbed)
    assert status == 0, err
    expected = numbers(out)
    assert numbers(again) == expected
    assert [numbers(written)] == expected
    assert 3 <= n_kept <= 10
    assert kept(killed) == kept(undisturbed) == 20


def kept(path):
    if not path.exists():
        return 0
    connection = sqlite3.connect(path, timeout=30)
    try:
        return connection.execute("SELECT count(*) FROM genlab_cells").fetchone()[0]
    except sqlite3.OperationalError:
        return 0  # its tables are being made
    finally:
        connection.close()


@pytest.fixture(scope="module")
def reported(tmp_path_factory, mnist1d_mlp):
    """A folder with all that `genlab show` reads of a report."""
    folder = tmp_path_factory.mktemp("reported")
    of_experiment = folder / "genlab-report" / "mnist1d-mlp"
    of_experiment.mkdir(parents=True)
    (of_experiment / "results.json").write_text(json.dumps(mnist1d_mlp.to_json()))
    return folder


def test_a_folder_that_cannot_be_drawn_is_told_before_any_work(run, tmp_path):
    (tmp_path / "out" / "mnist1d-mlp").mkdir(parents=True)
    (tmp_path / "out" / "mnist1d-mlp" / "results.json").write_text("{}")
    status, _, err = run("reproduce", "toy-data", "--scale", "quick", "--out", "out")
    assert status == 1
    assert "results.json is not a results.json of this genlab" in err
    assert list((tmp_path / "out" / "toy-data").iterdir()) == []


def test_show(run, monkeypatch, reported, mnist1d_mlp):
    monkeypatch.chdir(reported)
    _, summary, _ = run("show", "mnist1d-mlp")
    assert "mark" in summary
    assert "agrees" in summary
    assert "test error at the end" in summary
    _, layers, _ = run("show", "mnist1d-mlp", "--table", "layers")
    assert "15,210" in layers
    _, lines, _ = run("show", "mnist1d-mlp", "--table", "curves", "--csv")
    assert len(lines.splitlines()) == 611
    _, whole, _ = run("show", "mnist1d-mlp", "--json")
    assert json.loads(whole) == mnist1d_mlp.to_json()
    status, _, err = run("show", "mnist1d-mlp", "--table", "nothing")
    assert status == 2
    assert "--table must be one of layers, training" in err


def test_data(run, tmp_path):
    status, out, err = run("data", "mnist1d", "-o", "frozen.parquet")
    assert status == 0, err
    assert "frozen.parquet: 5,000 examples of MNIST-1D" in out
    status, out, _ = run("data", "mnist1d", "--check", "frozen.parquet")
    assert status == 0
    assert out.startswith("frozen.parquet is the frozen published set")
    arguments = ("--n", "20000", "--method", "fast", "--jobs", "2", "-o", "fast.npz")
    assert run("data", "mnist1d", *arguments)[0] == 0
    status, out, _ = run("data", "mnist1d", "--check", "fast.npz")
    assert status == 1
    assert "fast.npz is not the frozen published set" in out


def test_nothing_to_do_prints_the_help(run):
    _, out, err = run()
    assert "reproduce" in out + err
    assert "genlab: \n" not in err


def test_a_poor_terminal(tmp_path, reported):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run_process("show", "mnist1d-mlp", cwd=reported, env=environment)
    assert done.returncode == 0, done.stderr
    assert "mark" in done.stdout
    assert "agrees" in done.stdout
