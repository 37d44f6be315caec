"""Ctrl-C at random moments of real commands: each should end cleanly, with nothing lost.

    python -m benchmarks.interrupts 200                   # moments from 0 to 20 s
    python -m benchmarks.interrupts 60 --from 0 --to 3    # while the command starts
    python -m benchmarks.interrupts 40 --commands short --to 8   # and while it ends
    python -m benchmarks.interrupts 20 --signal SIGTERM --to 10

Half of the tries send one signal, half a second one 0.05 to 1 s after the first, to the whole
process group, as a terminal does. A try is good where the command ends with status 128 + signal
and one sentence, within 5 s and without a traceback; where no process is left 1 s later; and where
every result that the command had counted as done can be read from the store. A command that had
ended before is told apart. So is a signal that came before Python reached genlab's first line:
no program of Python's can say what happens then.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

COMMANDS = {
    "sweep": "sweep --dataset mnist1d --capacity width=8..40:step=1 --set steps=500 --seeds 2",
    "short": "sweep --dataset mnist1d --capacity width=4,5 --set steps=20 --seeds 2",
    "reproduce": "reproduce mnist1d-mlp toy-data --scale quick",
    "select": "select --dataset mnist1d --search width=8..60 --trials 40 --set steps=600 -o found",
    "train": "train --dataset mnist1d --set hidden=100,100 --steps 30000 -o model",
}
_SENTENCE = "genlab: stopped; finished work is kept."
_BAD = ("Traceback", "Exception ignored", "Fatal", "Segmentation", "Aborted", "Error:")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n", type=int, nargs="?", default=200)
    parser.add_argument("--from", dest="low", type=float, default=0.0)
    parser.add_argument("--to", dest="high", type=float, default=20.0)
    parser.add_argument("--signal", default="SIGINT")
    parser.add_argument("--commands", nargs="+", default=["sweep"], choices=list(COMMANDS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    number = signal.Signals[options.signal]
    # In the background of a script Ctrl-C is ignored, and what this starts would ignore it, too.
    signal.signal(number, signal.default_int_handler)
    moments = random.Random(options.seed)
    first_line = _first_line()
    print(f"Python reaches genlab's first line after {first_line:.3f} s")
    counts: Counter[str] = Counter()
    seconds = []
    for i in range(options.n):
        name = options.commands[i % len(options.commands)]
        moment = moments.uniform(options.low, options.high)
        pause = moments.uniform(0.05, 1.0) if i % 2 else None
        faults, took = _try(name, number, moment, pause)
        if moment < first_line and faults and faults != ["ended before"]:
            faults = ["before genlab's first line"]
        seconds.append(took)
        counts.update(faults or ["good"])
        if faults:
            second = "" if pause is None else f" and {moment + pause:.3f} s"
            print(f"{i}: {name}, {moment:.3f} s{second}: {'; '.join(faults)}", flush=True)
    print(f"{options.n} tries: {', '.join(f'{n} {what}' for what, n in counts.most_common())}")
    print(f"seconds to end: median {statistics.median(seconds):.2f}, most {max(seconds):.2f}")
    return int(set(counts) - {"good", "ended before", "before genlab's first line"} != set())


def _first_line() -> float:
    """Seconds from the start of a process until the handlers stand; the median of 5."""
    program = "import genlab.__main__, time; print(time.time())"
    taken = []
    for _ in range(5):
        start = time.time()
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
        taken.append(float(done.stdout) - start)
    return statistics.median(taken)


def _try(
    name: str, number: signal.Signals, moment: float, pause: float | None
) -> tuple[list[str], float]:
    """What was wrong with one try, and the seconds from the last signal to the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        store = Path(folder, "store.db")
        process = subprocess.Popen(
            [sys.executable, "-m", "genlab", *COMMANDS[name].split()],
            cwd=folder,
            env={**os.environ, "GENLAB_STORE": f"sqlite:///{store}", "GENLAB_JOBS": "2"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        start = time.monotonic()
        is_hit = _send(process, number, start + moment)
        if is_hit and pause is not None:
            _send(process, number, start + moment + pause)
        signalled = time.monotonic()
        faults = []
        try:
            _, errors = process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            faults.append("hang")
            process.kill()
            _, errors = process.communicate()
        took = time.monotonic() - signalled
        if not is_hit:
            return ["ended before" if process.returncode == 0 else f"failed: {errors}"], took
        if process.returncode != 128 + number:
            faults.append(f"status {process.returncode}")
        if errors.count(_SENTENCE) != 1:
            faults.append(f"{errors.count(_SENTENCE)} sentences")
        faults += [f"{bad!r} in: {errors[-2000:]}" for bad in _BAD if bad in errors][:1]
        deadline = time.monotonic() + 1
        while _left(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        for pid in _left(process.pid):
            faults.append("a process is left")
            os.kill(pid, signal.SIGKILL)
        told = max(map(int, re.findall(r"([\d]+) of \d+ (?:fits|networks)", errors)), default=0)
        return faults + _faults_of(store, told), took


def _send(process: subprocess.Popen[str], number: signal.Signals, at: float) -> bool:
    """Send the signal to the group at this time; False where the process has ended before."""
    while (left := at - time.monotonic()) > 0:
        time.sleep(min(left, 0.05))
        if process.poll() is not None:
            return False
    os.killpg(process.pid, number)
    return True


def _left(session: int) -> list[int]:
    """The living processes of a session."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def _faults_of(store: Path, told: int) -> list[str]:
    """What is wrong with the store, of which the command said that it holds `told` results."""
    from genlab.sweep._kinds import cell_from_dict

    if not store.exists():
        return ["results lost"] if told else []
    with sqlite3.connect(store) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            return ["damaged store"]
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        if "genlab_cells" not in tables:
            return ["results lost"] if told else []
        rows = connection.execute("SELECT spec, result FROM genlab_cells").fetchall()
    connection.close()
    for spec, result in rows:
        cell_from_dict(json.loads(spec)).unpack(result)
    return ["results lost"] if len(rows) < told else []


if __name__ == "__main__":
    sys.exit(main())
