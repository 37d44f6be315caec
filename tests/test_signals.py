"""Ends by signals: one status, one sentence, and nothing lost or left, at any moment."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genlab._base import signals

SENTENCE = "genlab: stopped; finished work is kept.\n"
SOURCE = str(Path(signals.__file__).parents[2])
# Under nohup and in the background the tests ignore a terminal's signals, and so would this.
HEED = """import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""
BEGIN = """
import os, signal, sys, time
from genlab._base import signals
signals.end_on_signals()
def ready(): print("ready", flush=True)
"""


def started(program, begin=BEGIN, **options):
    """A process that has run the program up to its `ready()`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HEED + begin + program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCE},
        **options,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def ended(process, *numbers, pause=0.1):
    """Its status, output and errors after the signals."""
    for number in numbers:
        process.send_signal(number)
        time.sleep(pause)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize("number", signals.ENDING)
def test_a_signal_is_one_status_and_one_sentence(number):
    process = started("ready(); time.sleep(60)")
    assert ended(process, number) == (128 + number, "", SENTENCE)


def test_no_code_can_swallow_it():
    """As a callback of JAX's garbage collection does with an exception."""
    program = """
ready()
while True:
    try:
        sum(range(1000))
    except BaseException:
        pass
"""
    assert ended(started(program), signal.SIGINT) == (130, "", SENTENCE)


def test_code_that_does_not_return_to_python_does_not_hold_it_up():
    """A handler of Python's would wait until a compilation or a matrix product is done."""
    program = "import ctypes; c = ctypes.CDLL(None); ready()\nfor _ in range(9): c.sleep(9)"
    begin = BEGIN + "signal.siginterrupt(signal.SIGTERM, False)\n"
    assert ended(started(program, begin), signal.SIGTERM) == (143, "", SENTENCE)


TOLD = """
import queue
told = queue.SimpleQueue()
signals.clean_up_with(lambda: print("cleaned up", flush=True))
status = 0
try:
    with signals.Told(told.put):
        ready()
        number = told.get()
        {work}
        print("stored", number, flush=True)
except KeyboardInterrupt:
    status = 130
except SystemExit as end:
    status = end.code
signals.say_stopped()
signals.leave(status)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_work_that_is_told_stores_what_it_has(number):
    process = started(TOLD.format(work="time.sleep(0.2)"))
    assert ended(process, number) == (128 + number, f"stored {number:d}\n", SENTENCE)


def test_a_second_signal_ends_it_at_once():
    process = started(TOLD.format(work="time.sleep(60)"))
    assert ended(process, signal.SIGINT, signal.SIGTERM) == (130, "cleaned up\n", SENTENCE)


def test_work_that_does_not_end_is_ended():
    program = "signals._GRACE = 0.3\n" + TOLD.format(work="time.sleep(60)")
    assert ended(started(program), signal.SIGINT) == (130, "cleaned up\n", SENTENCE)


def test_what_is_ignored_stays_ignored():
    """As under nohup, and in the background of a script."""
    begin = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + BEGIN
    process = started("ready(); time.sleep(0.5); signals.leave(3)", begin)
    assert ended(process, signal.SIGHUP) == (3, "", "")


def test_windows_has_fewer_signals_and_no_masks():
    """Simulated: what is missing there is missing here."""
    begin = "import os, signal; del signal.SIGHUP, signal.pthread_sigmask, os.set_blocking\n"
    begin += BEGIN.replace("signals.end_on_signals()", "")  # Unix asks for a pipe that never waits
    begin += "pipe = os.pipe\nimport fcntl\n"
    begin += """
def open_pipe():
    ends = pipe()
    fcntl.fcntl(ends[1], fcntl.F_SETFL, os.O_NONBLOCK)
    return ends
os.pipe = open_pipe
signals.end_on_signals()
"""
    process = started("with signals.Held(): pass\nready(); time.sleep(60)", begin)
    assert ended(process, signal.SIGINT) == (130, "", SENTENCE)


def test_leaving_does_what_python_does_at_its_end():
    program = """
import atexit, threading
ready()
atexit.register(print, "at exit")
threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
print("work", end=" ")
signals.leave(7)
"""
    assert ended(started(program)) == (7, "work thread\nat exit\n", "")


def test_a_signal_at_the_end_is_heeded():
    program = "import atexit; atexit.register(time.sleep, 60); ready(); signals.leave(0)"
    assert ended(started(program), signal.SIGINT) == (130, "", SENTENCE)


CHILD = """
import subprocess
child = f'''
import os, signal, time
time.sleep(0.3)  # as if the start of Python took long
from genlab._base.signals import end_with
end_with({os.getpid()})
print("child", flush=True)
time.sleep(60)
'''
with signals.Held():
    child = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE, text=True)
"""


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="/proc is missing")
def test_the_terminal_does_not_end_a_worker_and_the_end_of_its_caller_does():
    program = CHILD + "print(child.pid, flush=True)\n"
    program += "child.send_signal(signal.SIGINT)  # before its first line\n"
    program += "print(child.stdout.readline(), end='', flush=True); time.sleep(60)"
    begin = BEGIN.replace("signals.end_on_signals()", "print('ready', flush=True)")
    process = started(program, begin)
    pid = int(process.stdout.readline())
    assert process.stdout.readline() == "child\n"
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGHUP)
    time.sleep(0.1)
    assert is_running(pid)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 60
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
def test_the_end_of_a_forked_process_is_its_own():
    """As of one that multiprocessing ends with SIGTERM."""
    program = """
import warnings
warnings.simplefilter("ignore")  # from Python 3.12 on, of a fork beside a thread: it is meant here
child = os.fork()
if child == 0:
    time.sleep(60)
ready()
os.kill(child, signal.SIGTERM)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
time.sleep(0.3)
signals.leave(3)
"""
    process = started(program)
    assert ended(process) == (3, "-15\n", "")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="/proc is missing")
def test_no_process_is_left_that_somebody_else_has_started():
    """Such as those that an estimator starts by joblib, and those that these start."""
    program = """
import subprocess
inner = "import time; print('child', flush=True); time.sleep(60)"
outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
child = subprocess.Popen([sys.executable, "-c", outer], stdout=subprocess.PIPE, text=True)
child.stdout.readline()
ready()
print(child.pid, *signals._descendants(child.pid), flush=True)
time.sleep(60)
"""
    process = started(program)
    children = [int(pid) for pid in process.stdout.readline().split()]
    assert len(children) == 2
    assert ended(process, signal.SIGINT) == (130, "", SENTENCE)
    deadline = time.monotonic() + 60
    while any(is_running(pid) for pid in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def not_ignored():
    """Ctrl-C as in a terminal: what a shell starts in the background ignores it."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def told_of(number, error=None):
    """What a block of this process is told of a signal that comes twice."""
    told = []
    with signals.Told(told.append):
        signal.raise_signal(number)
        signal.raise_signal(number)
        assert told == [number]
        if error is not None:
            raise error


@pytest.mark.usefixtures("not_ignored")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_the_command_line_a_block_is_told_and_ends(number):
    """In a script or a notebook: its handlers are back in place after the block."""
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt if number == signal.SIGINT else SystemExit):
        told_of(number)
    assert signal.getsignal(number) is before


@pytest.mark.usefixtures("not_ignored")
def test_a_signal_outweighs_the_error_that_came_with_it():
    """Such as that of a worker which the same signal has ended."""
    with pytest.raises(KeyboardInterrupt):
        told_of(signal.SIGINT, ValueError("ended with status -15"))


def test_the_command_line_heeds_it_before_it_imports_anything_heavy(tmp_path):
    """It is stopped in the middle of its imports, which no exception could do cleanly."""
    (tmp_path / "typer.py").write_text("print('ready', flush=True); import time; time.sleep(60)")
    begin = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = ['genlab', 'list']\n"
    process = started("from genlab.__main__ import main; main()", begin)
    assert ended(process, signal.SIGINT) == (130, "", SENTENCE)
