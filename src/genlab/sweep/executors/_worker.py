"""A worker process: reads cells on standard input, runs them on one thread, answers.

It is a process of its own rather than a fork or a spawned copy of the caller, so that the
caller's script is not imported again, and so that the end of its input tells it that the
caller is gone.
Messages both ways are one line of JSON; a result's line is followed by its arrays.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Mapping
from functools import lru_cache
from typing import IO, Any

from genlab._base.environment import ONE_THREAD, processor, why_no_device, without_settings


def environment_of_worker() -> dict[str, str]:
    """The caller's environment, without what would change the bits of a cell."""
    return without_settings(os.environ) | ONE_THREAD


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
    try:
        send(answers, {"kind": "ready"})
        while (request := receive(requests)) is not None:
            _serve(request[0], answers)
    except BrokenPipeError:
        os._exit(1)  # the caller is gone, and there is nobody to tell


def _check_files(request: Mapping[str, Any]) -> None:
    """Raise ValueError where the caller has loaded a module from another file than this process."""
    from genlab._base.kinds import files_of

    for module, file in files_of(request["cells"]).items():
        callers = request["files"].get(module, file)
        if callers != file:
            raise ValueError(
                f"the module {module!r} is {callers} in the calling process, and worker processes "
                f"find {file} first; rename the module or uninstall one of the two."
            )


# The contents that this process has opened, by fingerprint: their specs can be made in it.
_OPENED: dict[str, Any] = {}


def _open_contents(request: Mapping[str, Any]) -> None:
    """Open the contents that the cells of a request name, each once."""
    from genlab.datasets import open_content

    for fingerprint, folder in request["contents"].items():
        if fingerprint not in _OPENED:
            _OPENED[fingerprint] = open_content(folder, fingerprint)


def _serve(request: Mapping[str, Any], answers: IO[bytes]) -> None:
    """Run the cells of one request, all of one kind, and send their results."""
    from genlab.sweep._kinds import cell_from_dict

    n_cells = len(request["cells"])

    def report(step: int, train_loss: float) -> None:
        message = {"step": step, "train_loss": repr(float(train_loss))}
        send(answers, {"kind": "progress", **message})

    try:
        _open_contents(request)
        cells = [cell_from_dict(cell) for cell in request["cells"]]
        _check_files(request)
        kind = type(cells[0])
        start = time.perf_counter()
        results = kind.run_together(cells, report)
        seconds = (time.perf_counter() - start) / n_cells  # for each, where they ran together
        for i, result in enumerate(results):
            answer = {"kind": "result", "cell": i, "seconds": seconds}
            send(answers, {**answer, "environment": environment_of(kind)}, kind.pack(result))
    except BrokenPipeError:
        raise
    except Exception as error:
        sentence = why_no_device(error) or f"a cell failed: {type(error).__name__}: {error}"
        send(
            answers,
            {"kind": "error", "cell": 0, "error": sentence, "trace": traceback.format_exc()},
        )
