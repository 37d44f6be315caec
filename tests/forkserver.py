"""Python processes that begin with JAX and genlab imported: forked from one that did it once.

Most of what a worker of a small cell costs is these imports. This module stands in for
`subprocess` where workers are started. What another environment would begin with other values is
started as ever; so are the workers of programs that the tests start.
"""

import atexit
import ctypes
import gc
import importlib
import inspect
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import types
from pathlib import Path

PIPE = subprocess.PIPE

# What workers import, so each is then in all of them.
_IMPORTED = (
    "equinox",
    "genlab.models",
    "genlab.sweep._training_cell",
    "genlab.sweep.executors._worker",
    "jax",
    "optax",
    "scipy.ndimage",
    "scipy.special",
)
# What Python, JAX and NumPy's BLAS read once, as they start.
_READ_AT_START = ("JAX_", "XLA_", "NPROC", "OMP_", "OPENBLAS_", "MKL_", "PYTHON", "LD_")
_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of Linux's prctl
_MOST_BYTES = 200_000
_SERVER = "import sys; sys.path.append(sys.argv[2]); import forkserver; forkserver.serve()"


class Popen(subprocess.Popen):
    """`subprocess.Popen([sys.executable, "-P", "-c", CODE, …], env=…)`, forked where it can be.

    It is a child of this process, with the pipes, the variables, the folder and the blocked signals
    that it would have. Any other command is started.
    """

    def _execute_child(self, *arguments):
        start = super()._execute_child
        named = inspect.signature(start).bind(*arguments).arguments
        server = _server_of(named["args"], named["env"])
        if server is None:
            start(*arguments)
            return
        pipes = [named[end] for end in ("p2cread", "c2pwrite", "errwrite")]
        pipes = [own if pipe == -1 else pipe for own, pipe in enumerate(pipes)]
        self.pid = server.fork(named["args"][3:], named["env"], pipes)
        self._child_created = True
        ends = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(named[end] for end in ends))


def _server_of(command, environment):
    """The server of what would start with this command; None where it must be started."""
    if not sys.platform.startswith("linux") or command[:3] != [sys.executable, "-P", "-c"]:
        return None
    read = {name: v for name, v in environment.items() if name.startswith(_READ_AT_START)}
    with _Server.lock:
        if _Server.only is None:
            _Server.only = _Server(environment, read)
    return _Server.only if _Server.only.read == read else None


class _Server:
    """A process that forks others, and ends with this one."""

    lock = threading.Lock()
    only = None

    def __init__(self, environment, read):
        self.read = read
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        tests = str(Path(__file__).parent)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _SERVER, str(theirs.fileno()), tests],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self._end)

    def fork(self, arguments, environment, pipes):
        """The number of a new child of this process, which has the pipes as its first files."""
        blocked = [int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, [])]
        request = json.dumps([arguments, environment, os.getcwd(), blocked]).encode()
        with self.lock:
            # The server lets go of it, and here alone this process adopts it: init takes others.
            _prctl(_ADOPT_ORPHANS, 1)
            try:
                socket.send_fds(self._socket, [request], pipes)
                return int(self._socket.recv(100))
            finally:
                _prctl(_ADOPT_ORPHANS, 0)

    def _end(self):
        self._process.kill()
        self._process.wait()


def _prctl(option, value):
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def serve():
    """Fork a process for each request, until there are no more; run its code in it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    requests = socket.socket(fileno=int(sys.argv[1]))
    for name in _IMPORTED:
        importlib.import_module(name)
    sys.path.remove(sys.argv[2])
    gc.collect()
    gc.freeze()
    if len(os.listdir("/proc/self/task")) > 1:
        raise RuntimeError("a process with threads cannot be forked")
    while True:
        message, pipes, _, _ = socket.recv_fds(requests, _MOST_BYTES, 3)
        if not message:
            os._exit(0)
        reader, writer = os.pipe()
        if (between := os.fork()) == 0:
            caller = os.getpid()
            if (child := os.fork()) == 0:
                while os.getppid() == caller:
                    os.sched_yield()
                break
            os.write(writer, str(child).encode())
            os._exit(0)
        os.waitpid(between, 0)
        requests.send(os.read(reader, 100))
        for file in (reader, writer, *pipes):
            os.close(file)
    for standard, pipe in enumerate(pipes):
        os.dup2(pipe, standard)
    for file in (requests.detach(), reader, writer, *pipes):
        os.close(file)
    (code, *arguments), environment, folder, blocked = json.loads(message)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.modules["numpy"].random.seed()  # no two draw the same numbers; Python's own do not
    sys.argv = ["-c", *arguments]
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    exec(code, main.__dict__)
