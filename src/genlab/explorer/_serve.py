"""The explorer's server, from its first moment to Ctrl-C."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from genlab._base import signals
from genlab._base.errors import GenlabError

if TYPE_CHECKING:
    from genlab.sweep import StoreLike

# Connections at a time; a browser opens six.
_MOST_CONNECTIONS = 400


@dataclass(frozen=True)
class Served:
    """A running server.

    Attributes
    ----------
    link
        What opens the pages; with a token where other machines are let in.
    is_open
        Whether other machines are let in.
    thread
        The thread that it runs in.
    """

    link: str
    is_open: bool
    thread: threading.Thread


def serve(
    host: str = "127.0.0.1",
    port: int = 8765,
    *,
    store: StoreLike = None,
    ready: Callable[[Served], None] | None = None,
) -> None:
    """Serve the explorer until a signal ends this process; parameters as of `served`.

    `ready` is called once, when the link can be opened.
    """
    stopped = threading.Event()
    with signals.Told(lambda _number: stopped.set()), served(host, port, store=store) as running:
        if ready is not None:
            ready(running)
        while running.thread.is_alive() and not stopped.wait(0.2):
            pass


@contextmanager
def served(
    host: str = "127.0.0.1", port: int = 8765, *, store: StoreLike = None
) -> Iterator[Served]:
    """A block in which the explorer is served, by a thread.

    Parameters
    ----------
    host
        Address that is listened at. Others than this machine's own, 127.0.0.1, let other
        machines in; then a random token is needed, which the link holds.
    port
        Port, or 0 for any that is free. Where one is taken, the next free one of twenty is.
    store
        Store whose runs are shown: a database's URL or a SQLite file's path; None the default.

    Raises
    ------
    GenlabError
        Where the packages of the extra `explore` are missing, or the address cannot be used.
    """
    try:
        import uvicorn

        from genlab.explorer._app import make_app
    except ModuleNotFoundError as error:
        raise GenlabError(
            f"genlab explore needs {error.name}: pip install 'genlab[explore]'. A page without a "
            "server works without it: genlab explore -o fit.html."
        ) from None
    from genlab.explorer._questions import questions

    listening = _listen(host, port)
    address, shown = listening.getsockname()[:2]
    is_open, token = not ip_address(address).is_loopback, secrets.token_urlsafe(16)
    name = f"[{address}]" if ":" in address else address
    own = frozenset(f"{one}:{shown}" for one in (name, "localhost"))
    app = make_app(
        questions(store), token=token, hosts=None if is_open else own, needs_token=is_open
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="critical",
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="off",
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=32_768,
        )
    )
    if is_open:
        name = _shown_host(host)
    link = f"http://{name}:{shown}/{f'?token={token}' if is_open else ''}"
    # In a thread of its own: uvicorn would else take the signals.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    threading.Thread(target=_warm, daemon=True).start()
    try:
        yield Served(link, is_open, thread)
    finally:
        server.should_exit = True
        thread.join(3)


def _warm() -> None:
    """Import what the first question needs, while the first page is read."""
    from genlab.explorer._numbers import parts_of
    from genlab.explorer._state import State

    parts_of(State())


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    error: OSError | None = None
    for one in [port] if port == 0 else range(port, min(port + 20, 65_536)):
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, one))
        except (OSError, UnicodeError) as failure:
            listening.close()
            error = failure if isinstance(failure, OSError) else OSError(0, "no such host")
            continue
        listening.listen(128)  # so that whoever reads the link may come before the server does
        return listening
    why = error.strerror if error is not None else "no port is free"
    raise GenlabError(f"genlab explore cannot listen at {host}, port {port}: {why}.") from None


def _shown_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host
