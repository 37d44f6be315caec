"""The explorer's server, from its first moment to Ctrl-C."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from genlab._base import signals
from genlab._base.errors import GenlabError

# Connections at a time; a browser opens six.
_MOST_CONNECTIONS = 400


def serve(
    host: str = "127.0.0.1",
    port: int = 8765,
    *,
    store: Any = None,
    ready: Callable[[str, bool], None] | None = None,
) -> None:
    """Serve the explorer until a signal ends this process.

    Parameters
    ----------
    host
        Address that is listened at. Others than this machine's own, 127.0.0.1, let other
        machines in; then a random token is needed, which the link holds.
    port
        Port, or 0 for any that is free. Where one is taken, the next free one of twenty is.
    store
        Store whose runs are shown: a database's URL or a SQLite file's path; None the default.
    ready
        Called once with the link, and whether other machines are let in.

    Raises
    ------
    GenlabError
        Where the packages of the extra `explore` are missing, or the address cannot be used.
    """
    try:
        import uvicorn

        from genlab.explorer._app import make_app
        from genlab.explorer._questions import questions

        listening = _listen(host, port)
    except ModuleNotFoundError as error:
        raise GenlabError(
            f"genlab explore needs {error.name}: pip install 'genlab[explore]'. A page without a "
            "server needs neither: genlab explore -o fit.html."
        ) from None
    token = secrets.token_urlsafe(16)
    alone = ip_address(listening.getsockname()[0]).is_loopback
    shown = listening.getsockname()[1]
    app = make_app(
        questions(store),
        token=token,
        hosts=frozenset(f"{name}:{shown}" for name in ("127.0.0.1", "localhost", "[::1]"))
        if alone
        else None,
        needs_token=not alone,
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
    place = "127.0.0.1" if alone else _shown_host(host)
    link = f"http://{place}:{shown}/" + ("" if alone else f"?token={token}")
    # In a thread of its own: uvicorn would else take the signals.
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)

    def stop(_number: int) -> None:
        server.should_exit = True

    with signals.Told(stop):
        running.start()
        if ready is not None:
            ready(link, not alone)
        threading.Thread(target=_warm, daemon=True).start()
        while running.is_alive():
            running.join(0.2)


def _warm() -> None:
    """Import what the first question needs, while the first page is read."""
    from genlab.explorer import State, parts_of

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
