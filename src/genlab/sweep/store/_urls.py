"""Where a store is: the default place, how its name is read, and how it is shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from genlab._base.errors import StoreError

if TYPE_CHECKING:
    import sqlalchemy


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
    if "://" not in text:
        return sa.URL.create("sqlite", database=str(Path(text).expanduser()))
    scheme, rest = text.split("://", 1)
    if not scheme.startswith("sqlite") and rest.count("@") > 1:
        # What stands after the first would be taken for the host, and shown.
        raise StoreError(
            f"the store's URL {scheme}://... cannot be read: an @ in a name or password is "
            "written %40."
        )
    try:
        return sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(f"the store's URL {scheme}://... cannot be read.") from None


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
