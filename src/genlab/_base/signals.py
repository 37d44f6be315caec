"""How a command ends on Ctrl-C, SIGTERM or a closed terminal, at any moment of its life.

An exception would land wherever the main thread happens to be: in an import, in a callback of
JAX's garbage collection, which swallows it, or in the clean-up after another one. So a thread of
its own is told of the signal, also while the main thread computes. It cleans up, writes one
sentence and ends the process, with status 128 + signal. Work that has something to store first
is told in place of that (`Told`), and has some seconds. A second signal ends it at once.

This module is imported before all others, so it imports only what Python has loaded already.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time

TYPE_CHECKING = False  # `typing` takes longer to import than this module and its users
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self

#: What ends a program, where the system has it: Ctrl-C, `kill`, a closed terminal, Ctrl-Break.
ENDING = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
)
#: What a stopped command says.
STOPPED = "stopped; finished work is kept."

# Seconds in which what has arrived is stored, before the process ends without waiting longer.
_GRACE = 10.0

_said = _thread.allocate_lock()
_ended = _thread.allocate_lock()
_cleanups: list[Callable[[], object]] = []
_told: list[Told] = []
_telling = _thread.allocate_lock()
_received: list[int] = []
_is_watching = False


def status_of(number: int) -> int:
    """The exit status of a program that this signal ended, as shells count."""
    return 128 + number


#: The exit statuses of a command that was stopped.
STOPPED_STATUSES = tuple(status_of(number) for number in ENDING)


def end_on_signals() -> None:
    """End this process on the signals of `ENDING`, from now on; for the main thread of a program.

    A signal that is ignored, as SIGHUP is under `nohup`, stays ignored.
    """
    global _is_watching
    numbers = [one for one in ENDING if signal.getsignal(one) is not signal.SIG_IGN]
    for number in numbers:
        signal.signal(number, _end_now)
    fill_closed_streams()
    reader, writer = os.pipe()
    if hasattr(os, "set_blocking"):  # not on Windows before Python 3.12, which does not ask for it
        os.set_blocking(writer, False)
    _thread.start_new_thread(_watch, (reader,))
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    _is_watching = True
    for number in numbers:
        signal.signal(number, _leave_to_the_thread)
    if hasattr(os, "register_at_fork"):
        # Held until the child has let go: one that comes before would be told to the parent.
        held = Held()
        os.register_at_fork(
            before=held.__enter__, after_in_parent=held.__exit__, after_in_child=_let_go
        )
        os.register_at_fork(after_in_child=held.__exit__)


def fill_closed_streams() -> None:
    """Open the null device for each standard stream that is closed.

    Otherwise the next file that is opened takes its number, and what is printed goes into it.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)


def _let_go() -> None:
    """Leave the signals of a forked process to it: it shares the pipe, and has no such thread."""
    global _is_watching
    _is_watching = False
    signal.set_wakeup_fd(-1)
    for number in ENDING:
        if signal.getsignal(number) is _leave_to_the_thread:
            is_ctrl_c = number == signal.SIGINT
            signal.signal(number, signal.default_int_handler if is_ctrl_c else signal.SIG_DFL)


class Told:
    """A block that is told the number of a signal, and should then end within seconds.

    A told block always ends with KeyboardInterrupt, or SystemExit for other signals than Ctrl-C.
    Outside a program that called `end_on_signals`, as in a notebook, the block takes the place
    of the signals' handlers if it is in the main thread; in other threads it is told of none.
    """

    def __init__(self, function: Callable[[int], object]) -> None:
        self._function = function
        self._number: int | None = None
        self._before: list[tuple[int, Any]] = []

    def __enter__(self) -> Self:
        if not _is_watching and _in_main_thread():
            for number in ENDING:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before.append((number, signal.signal(number, self._handle)))
        with _telling:
            _told.append(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with _telling:
            _told.remove(self)
        for number, handler in self._before:
            signal.signal(number, handler)
        self._before.clear()
        if self._number is not None and not _is_end(kind):
            if self._number == signal.SIGINT:
                raise KeyboardInterrupt
            raise SystemExit(status_of(self._number))

    def tell(self, number: int) -> None:
        """Tell the block of a signal: only of the first."""
        if self._number is None:
            self._number = number
            self._function(number)

    def _handle(self, number: int, _frame: object) -> None:
        self.tell(number)


def _is_end(kind: type[BaseException] | None) -> bool:
    return kind is not None and issubclass(kind, (KeyboardInterrupt, SystemExit))


def clean_up_with(function: Callable[[], object]) -> None:
    """Call a function where a signal ends this process at once, until `forget`.

    It may come from any thread: it must be quick, wait for no lock, and bear a second call.
    """
    _cleanups.append(function)


def forget(function: Callable[[], object]) -> None:
    """Call the function no longer; nothing where it is not known."""
    if function in _cleanups:
        _cleanups.remove(function)


class Held:
    """A block whose signals wait until its end; a process that is started in it begins with that.

    So a child cannot be ended by the terminal's Ctrl-C before it calls `end_with`.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}  # by thread: each has a mask of its own

    def __enter__(self) -> None:
        if hasattr(signal, "pthread_sigmask"):  # not on Windows
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
            self._before[_thread.get_ident()] = mask

    def __exit__(self, *_: object) -> None:
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_SETMASK, self._before.pop(_thread.get_ident()))


def end_with(caller: int) -> None:
    """Let this process, started by `caller`, end soon after it, and not by the terminal.

    The caller decides what happens on Ctrl-C, which the terminal sends to both.
    """
    for number in ENDING:
        if number != signal.SIGTERM:
            signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    _thread.start_new_thread(_follow, (caller,))


def _follow(caller: int) -> None:
    while os.getppid() == caller:  # on Windows always: there the end of the input ends it
        time.sleep(0.5)
    os._exit(1)


def say_stopped() -> None:
    """Say on standard error that the command was stopped: once, whoever comes first."""
    if _said.acquire(blocking=False):
        try:
            os.write(2, f"genlab: {STOPPED}\n".encode())
        except OSError:
            pass  # the terminal is closed, and nobody can be told


def leave(status: int) -> None:
    """End this program in place of `sys.exit`, with what Python does at its end for others.

    Python's own end lets go of the signals first, and then takes JAX apart, for a tenth of a
    second and more: a Ctrl-C there is no exit status, and may be a segmentation fault.
    """
    import atexit
    import threading

    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # it is closed or full, which the command has told
    os._exit(status)


def _in_main_thread() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()


def _watch(reader: int) -> None:
    """Act on each signal; a thread of its own, which the main thread's work does not hold up."""
    while numbers := os.read(reader, 64):
        for number in numbers:
            if number in ENDING:
                _act(number)


def _act(number: int) -> None:
    _received.append(number)
    if len(_received) == 1 and _tell(number):
        _thread.start_new_thread(_end_late, (number,))
    else:
        _end(_received[0])


def _tell(number: int) -> bool:
    """Tell the innermost block of the signal; whether there is one."""
    with _telling:
        for told in _told[-1:]:
            told.tell(number)
        return bool(_told)


def _end_late(number: int) -> None:
    time.sleep(_GRACE)
    _end(number)


def _end(number: int) -> None:
    if not _ended.acquire(blocking=False):
        return  # another thread is doing it
    for process in _descendants(os.getpid()):
        _terminate(process)  # such as those of joblib, which nobody else would end
    for clean_up in reversed(_cleanups):
        try:
            clean_up()
        except Exception:
            pass  # the next one is no less important
    say_stopped()
    os._exit(status_of(number))


def _descendants(process: int) -> list[int]:
    """The processes that a process has started, and those that these have; where /proc tells."""
    found = []
    try:
        for task in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{task}/children", encoding="ascii") as listed:
                found += [int(child) for child in listed.read().split()]
    except OSError:
        pass  # it has ended, or this is not Linux
    return found + [other for child in found for other in _descendants(child)]


def _terminate(process: int) -> None:
    try:
        os.kill(process, signal.SIGTERM)
    except OSError:
        pass  # it has ended


def _end_now(number: int, _frame: object) -> None:
    _end(number)


def _leave_to_the_thread(_number: int, _frame: object) -> None:
    """Nothing: but a signal without a function of Python's is not told to the thread."""
