"""A worker process: reads cells on standard input, runs them on one thread, answers.

It is a process of its own rather than a fork or a spawned copy of the caller, so that the
caller's script is not imported again, and so that the end of its input tells it that the
caller is gone.
Messages both ways are one line of JSON; a result's line is followed by its arrays.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import platform
import sys
import sysconfig
import time
import traceback
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from genlab._base.environment import ONE_THREAD, processor, why_no_device, without_settings
from genlab._base.kinds import files_of
from genlab._base.version import __version__
from genlab.sweep.executors._compiled import kept_programs

# What changes from call to call, and what no cell depends on: workers are kept all the same.
_LEFT_OUT = ("GENLAB_STORE", "GENLAB_TIME_LIMIT", "PYTEST_CURRENT_TEST")


def environment_of_worker() -> dict[str, str]:
    """The caller's environment, without what would change the bits of a cell."""
    settings = without_settings(os.environ) | ONE_THREAD
    settings |= kept_programs(settings)
    return {name: value for name, value in settings.items() if name not in _LEFT_OUT}


def send(stream: IO[bytes], message: Mapping[str, Any], payload: bytes = b"") -> None:
    """Write one message."""
    line = json.dumps({**message, "payload": len(payload)})
    stream.write(line.encode() + b"\n" + payload)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read one message, or None where the other side is gone."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    message = json.loads(line)
    payload = stream.read(message["payload"])
    return None if len(payload) < message["payload"] else (message, payload)


def environment_of(kind: type) -> dict[str, str]:
    """What the bits of a kind of cell depend on: what it says itself, or else `environment`."""
    own = getattr(kind, "environment", None)
    return environment() if own is None else own()


def environment() -> dict[str, str]:
    """Versions and device, on which a result's bits depend besides its spec."""
    import equinox
    import jax
    import jaxlib
    import numpy
    import optax

    modules = {m.__name__: m.__version__ for m in (equinox, jax, jaxlib, numpy, optax)}
    values = {
        **modules,
        "python": platform.python_version(),
        "device": jax.devices()[0].device_kind,
        "processor": processor(),
        "platform": jax.default_backend(),
    }
    # A CPU has no TF32, and stored environments of earlier versions have no such entry there.
    return values if values["platform"] == "cpu" else {**values, "float32 products": products()}


@lru_cache
def products() -> str:
    """How this device multiplies float32 matrices, as measured: TF32 has 10 bits, float32 23."""
    import jax.numpy as jnp
    import numpy as np

    a, b = np.random.default_rng(0).standard_normal((2, 256, 256)).astype(np.float32)
    exact = a.astype(np.float64) @ b
    error = np.abs(np.asarray(jnp.matmul(a, b), np.float64) - exact).max() / np.abs(exact).max()
    return "TF32" if error > 2**-16 else "float32"


def main() -> None:
    """Serve cells until the input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else may write among the answers
    requests = sys.stdin.buffer
    # A program that another process is just writing, or has not room for: it is compiled.
    kept = "Error (reading|writing) persistent compilation cache"
    warnings.filterwarnings("ignore", kept, UserWarning)
    gc.disable()  # until what a cell needs is loaded: a tenth of the start
    try:
        send(answers, {"kind": "ready"})
        while (request := receive(requests)) is not None:
            _serve(request[0], answers)
    except BrokenPipeError:
        os._exit(1)  # the caller is gone, and there is nobody to tell


def files_elsewhere(cells: Any) -> dict[str, str]:
    """What `_check_files` compares on another machine: the content of the modules' files."""
    return {module: _content_of(file) for module, file in files_of(cells).items()}


_CONTENT = "sha256:"


def _content_of(file: str) -> str:
    return _CONTENT + hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _check_files(request: Mapping[str, Any]) -> None:
    """Raise ValueError where the caller has loaded a module from another file than this process."""
    for module, file in files_of(request["cells"]).items():
        callers = request["files"].get(module, file)
        if callers.startswith(_CONTENT):
            if callers != _content_of(file):
                raise ValueError(
                    f"the module {module!r} of the worker is {file}, which differs from the "
                    f"caller's; install the same version of it for both."
                )
        elif callers != file:
            raise ValueError(
                f"the module {module!r} is {callers} in the calling process, and worker processes "
                f"find {file} first; rename the module or uninstall one of the two."
            )


def _check_keys(request: Mapping[str, Any], cells: Sequence[Any]) -> None:
    """Raise ValueError where the caller means other results: its genlab is another version."""
    if [cell.key for cell in cells] != request["keys"]:
        raise ValueError(
            f"a cell must have the same key for the caller and the worker, which has genlab "
            f"{__version__}, got another; install the same version for both."
        )


class _Modules:
    """The files of the modules that this process has loaded, but for those of installed packages.

    A kept worker is replaced where one has changed since: it would run what is no longer there.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int, int] | None] = {}
        self._last: tuple[int, str] = (0, "")
        names = ("stdlib", "platstdlib", "purelib", "platlib")
        self._installed = tuple({sysconfig.get_paths()[name] + os.sep for name in names})

    def note(self) -> None:
        """Take down what has been loaded since the last time."""
        last = len(sys.modules), next(reversed(sys.modules))  # the newest comes last
        if last == self._last:
            return
        self._last = last
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if file and file not in self._seen and not file.startswith(self._installed):
                self._seen[file] = _state_of(file)

    def have_changed(self) -> bool:
        """Whether a file is another one than when its module was loaded."""
        return any(_state_of(file) != state for file, state in self._seen.items())


def _state_of(file: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


_MODULES = _Modules()
# The contents that this process has opened, by fingerprint: their specs can be made in it.
_OPENED: dict[str, Any] = {}
# The run that it last served.
_RUN: list[str] = [""]


def _begin(request: Mapping[str, Any]) -> bool:
    """Whether this process may serve the run: False where what it has loaded has changed."""
    if request["run"] == _RUN[0]:
        return True
    if _RUN[0] and _MODULES.have_changed():
        return False
    _RUN[0] = request["run"]
    for fingerprint in set(_OPENED) - set(request["contents"]):
        del _OPENED[fingerprint]
    return True


def _open_contents(request: Mapping[str, Any]) -> None:
    """Open the contents that the cells of a request name, each once."""
    from genlab.datasets import open_content

    for fingerprint, folder in request["contents"].items():
        if fingerprint not in _OPENED:
            _OPENED[fingerprint] = open_content(folder, fingerprint)


def _serve(request: Mapping[str, Any], answers: IO[bytes]) -> None:
    """Run the cells of one request, all of one kind, and send their results."""
    from genlab.sweep._kinds import cell_from_dict

    if not _begin(request):
        send(answers, {"kind": "stale"})
        return
    n_cells = len(request["cells"])

    def report(step: int, train_loss: float) -> None:
        message = {"step": step, "train_loss": repr(float(train_loss))}
        send(answers, {"kind": "progress", **message})

    try:
        _open_contents(request)
        cells = [cell_from_dict(cell) for cell in request["cells"]]
        _MODULES.note()
        _check_files(request)
        _check_keys(request, cells)
        kind = type(cells[0])
        made_with = environment_of(kind)
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        send(answers, {"kind": "begun"})
        start = time.perf_counter()
        results = kind.run_together(cells, report)
        seconds = (time.perf_counter() - start) / n_cells  # for each, where they ran together
        for i, result in enumerate(results):
            answer = {"kind": "result", "cell": i, "seconds": seconds}
            send(answers, {**answer, "environment": made_with}, kind.pack(result))
    except BrokenPipeError:
        raise
    except Exception as error:
        trace = traceback.format_exc()
        send(answers, {"kind": "error", "error": why_failed(error), "trace": trace})


def why_failed(error: Exception) -> str:
    """Why a cell has no result, in one sentence."""
    what = f"failed: {type(error).__name__}"
    if isinstance(error, MemoryError):  # NumPy's has a name of its own
        what = "had too little memory"
    failure = f"a cell {what}: {error}".rstrip(": ")
    return why_no_device(error) or _why_no_module(error) or failure


def _why_no_module(error: Exception) -> str | None:
    """Which module a cell needs that this process does not find; None for another error."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    return (
        f"a worker process finds no module {error.name!r}, which a cell needs: put the module's "
        "folder on sys.path of the calling process, or install it where the workers run."
    )
