"""Where a store is: the default place, how its name is read, and how it is shown."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from genlab._base.errors import StoreError

if TYPE_CHECKING:
    import sqlalchemy

# A URL with too few slashes; one letter before the colon is a drive of Windows.
_ONE_SLASH = re.compile(r"[A-Za-z][A-Za-z0-9+]+:/?[^/\\]")
# Options of Python's driver for SQLite. SQLite's own, such as `mode`, say how a file is opened, and
# genlab decides that: so that reading creates no file, and a folder may be read-only.
_OF_DRIVER = frozenset(
    "timeout isolation_level detect_types check_same_thread cached_statements".split()
)


def default_store_url() -> str:
    """`$GENLAB_STORE`, or a SQLite file in the user's data directory."""
    import platformdirs

    configured = os.environ.get("GENLAB_STORE")
    if configured:
        return configured
    folder = platformdirs.user_data_path("genlab", appauthor=False)
    return f"sqlite:///{folder / 'store.db'}"


def parsed_url(place: str | os.PathLike[str] | None) -> sqlalchemy.URL:
    """The URL of a store that is named by a URL or a file's path; of the default one for None.

    No error shows what may be a password.
    """
    import sqlalchemy as sa

    if place is not None and not isinstance(place, (str, os.PathLike)):
        raise TypeError(
            f"`store` must be a Store, a database's URL, a file's path or None, got {place!r}."
        )
    text = default_store_url() if place is None else os.fspath(place)
    if not text:
        raise StoreError("the store must be a database's URL or a file's path, got neither.")
    if "\0" in text:
        raise StoreError("the store must be a database's URL or a file's path without a 0 byte.")
    if "://" not in text:
        if _ONE_SLASH.match(text):  # it may hold a password, which would become a file's name
            raise StoreError(
                f"the store's URL {text.split(':')[0]}:... cannot be read: it must have :// ."
            )
        try:
            return sa.URL.create("sqlite", database=str(Path(text).expanduser()))
        except RuntimeError:
            raise StoreError(f"the store {text} cannot be found: no such user.") from None
    scheme, rest = text.split("://", 1)
    if not scheme.startswith("sqlite") and rest.count("@") > 1:
        # What stands after the first would be taken for the host, and shown.
        raise StoreError(
            f"the store's URL {scheme}://... cannot be read: an @ in a name or password is "
            "written %40."
        )
    try:
        url = sa.make_url(text)
        backend = url.get_backend_name()
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(f"the store's URL {scheme}://... cannot be read.") from None
    if backend not in ("sqlite", "postgresql"):
        raise StoreError(
            f"cannot open the store {shown(url)}: it must be a SQLite or PostgreSQL database "
            f"(sqlite:// or postgresql://), got {backend}."
        )
    return _of_file(url) if backend == "sqlite" else url


def _of_file(url: sqlalchemy.URL) -> sqlalchemy.URL:
    """A SQLite URL by its file's path alone: one that holds SQLite's own `file:` URI is read.

    >>> import sqlalchemy as sa
    >>> _of_file(sa.make_url("sqlite:///file:my%20lab/x.db?uri=true")).database
    'my lab/x.db'
    """
    query = dict(url.query)
    is_uri = str(url.query.get("uri")).lower() in ("true", "yes", "on", "y", "t", "1")
    if url.drivername not in ("sqlite", "sqlite+pysqlite") or url.host or url.username:
        raise StoreError(f"cannot open the store {shown(url)}: it must be sqlite:///FILE.")
    database = url.database or ""
    if is_uri and database.startswith("file:"):
        place = urlsplit(database)
        database = unquote(place.path)
        if place.netloc not in ("", "localhost") or not database:
            raise StoreError(f"cannot open the store {shown(url)}: its URI must name a file.")
    known = {*_OF_DRIVER, "uri"}
    unknown = [
        name for name, value in query.items() if name not in known or not isinstance(value, str)
    ]
    if unknown:
        raise StoreError(
            f"cannot open the store {shown(url)}: it must have no option `{unknown[0]}`, because "
            f"genlab decides how the file is opened; give sqlite:///{database} alone."
        )
    return url.set(database=database or None, query=query).difference_update_query(["uri"])


def shown(url: sqlalchemy.URL) -> str:
    """The URL without its secrets, for messages and pages.

    >>> import sqlalchemy as sa
    >>> shown(sa.make_url("postgresql://ada:secret@host/lab?sslpassword=secret"))
    'postgresql://ada:***@host/lab?sslpassword=***'
    """
    secret = {name: "***" for name in url.query if "pass" in name.lower()}
    text = url.update_query_dict(secret).render_as_string(hide_password=True)
    return text.replace("%2A%2A%2A", "***")


def secrets(url: sqlalchemy.URL) -> list[str]:
    """The texts of a URL that no message may hold."""
    found = [str(url.password)] if url.password else []
    for name, value in url.query.items():
        if "pass" in name.lower():
            found += [value] if isinstance(value, str) else value
    return [text for text in found if text]
