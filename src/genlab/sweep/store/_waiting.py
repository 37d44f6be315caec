"""A database server that does not answer is waited for, and the user is told."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from genlab._base.errors import StoreError, WaitingWarning

if TYPE_CHECKING:
    import sqlalchemy

T = TypeVar("T")

# Seconds that work waits for a server that does not answer, at its beginning and under way; and
# those of what only looks into a store, such as `genlab store info`, while a person waits.
_WAIT_SECONDS, _SHORT_WAIT_SECONDS = 60.0, 5.0
_VARIABLE = "GENLAB_STORE_WAIT"
# Seconds until it is said that a server is waited for, and between two attempts.
_TOLD_AFTER, _BETWEEN = 2.0, 0.5
# Seconds for one attempt: a host that drops what it is sent would hold it for two minutes.
_ONE_ATTEMPT = 10
# Seconds after which a silent connection counts as cut.
_SILENT = 60

# What a client says of a server that does not answer, and a server that begins, ends or is full.
# All else, such as a wrong password or a name that no host has, would be the same a minute later.
_AWAY = (
    "refused",
    "time out",
    "timed out",
    "timeout",
    "unreachable",
    "no route to host",
    "connection reset",
    "closed the connection",
    "connection is lost",
    "temporary failure in name resolution",
    "no such file or directory",  # the server's socket
)
_BUSY = (
    "starting up",
    "shutting down",
    "not yet accepting connections",
    "not accepting connections",
    "recovery mode",
    "too many clients",
    "connection slots",
)


def seconds_to_wait(patient: bool = True) -> float:
    """Seconds that a server is waited for: `$GENLAB_STORE_WAIT` or 60, and at most 5 for a look.

    Raises
    ------
    StoreError
        Where `$GENLAB_STORE_WAIT` is no number of at least 0.
    """
    text = os.environ.get(_VARIABLE) or str(_WAIT_SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise StoreError(f"${_VARIABLE} must be a number of seconds >= 0, got {text!r}.")
    return seconds if patient else min(seconds, _SHORT_WAIT_SECONDS)


def may_come_back(reason: str) -> bool:
    """Whether a server that cannot be reached may be there in a minute.

    Parameters
    ----------
    reason
        What the database's driver says.

    >>> may_come_back("connection to server at 10.0.0.1 failed: Connection refused")
    True
    >>> may_come_back('connection failed: FATAL:  password authentication failed for user "ada"')
    False
    """
    text = reason.lower()
    # With "FATAL" a server has answered, if only one of several addresses.
    return any(part in text for part in (_BUSY if "fatal:" in text else _AWAY))


def connect_arguments(url: sqlalchemy.URL, seconds: float) -> dict[str, Any]:
    """The driver's arguments that end an attempt, and a connection that is silent, in time.

    A network that is gone says nothing by itself, and would be waited for, for hours. What the URL
    or the environment says of a parameter stays: they are those of libpq,
    https://www.postgresql.org/docs/current/libpq-connect.html.
    """
    if "psycopg" not in url.get_driver_name():
        return {}
    parameters = {
        "keepalives_idle": 20,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 1000 * _SILENT,
    }
    if "PGCONNECT_TIMEOUT" not in os.environ:
        parameters["connect_timeout"] = max(1, min(_ONE_ATTEMPT, round(seconds)))
    return {name: value for name, value in parameters.items() if name not in url.query}


def patiently(
    work: Callable[[], T], *, again: Callable[[Exception], bool], seconds: float, place: str
) -> T:
    """What `work` returns, which is tried again for some seconds where the server is away.

    Parameters
    ----------
    work
        Raises what `again` recognises where the server does not answer.
    again
        Whether an error says so.
    seconds
        For how long no new attempt is given up.
    place
        The store, as it is shown.

    Warns
    -----
    WaitingWarning
        Once, where it takes longer than two seconds.
    """
    start, is_told = time.monotonic(), False
    while True:
        try:
            return work()
        except Exception as error:
            waited = time.monotonic() - start
            if not again(error) or waited > seconds:
                raise
        if waited >= _TOLD_AFTER and not is_told:
            is_told = True
            warnings.warn(
                f"the server of the store {place} does not answer; genlab waits up to "
                f"{seconds:g} seconds for it.",
                WaitingWarning,
                stacklevel=2,
            )
        time.sleep(_BETWEEN)
