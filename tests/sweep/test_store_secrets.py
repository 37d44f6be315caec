"""No password of a store's URL is shown, in whichever part of the URL it stands."""

import traceback

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres import postgres

from genlab import StoreError
from genlab.sweep import Store, store_info
from genlab.sweep.store._urls import parsed_url, secrets, shown

SECRET = "s3cr3t"
# Nothing listens on port 9, and no such host or driver is there.
URLS = [
    f"postgresql://ada:{SECRET}@127.0.0.1:9/lab",
    f"postgresql://ada:{SECRET}@no.invalid/lab?connect_timeout=1",
    f"postgresql://ada@127.0.0.1:9/lab?password={SECRET}",
    f"postgresql://127.0.0.1:9/lab?user=ada&password={SECRET}&sslpassword={SECRET}2",
    f"postgresql://ada:x@{SECRET}@127.0.0.1:9/lab",
    f"postgresql://ada:x@/{SECRET}@127.0.0.1:9/lab",
    f"postgresql://ada:{SECRET}@127.0.0.1:port/lab",
    f"postgresql://ada:{SECRET}@127.0.0.1:9/lab?nothing=1",
    f"nothing://ada:{SECRET}@127.0.0.1/lab",
    f"mysql+nothing://ada:{SECRET}@127.0.0.1/lab",
]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setenv("GENLAB_STORE_WAIT", "0")


@pytest.mark.parametrize("url", URLS)
def test_an_error_and_its_traceback_hold_no_password(url, run_genlab):
    with pytest.raises(StoreError) as caught:
        Store(url)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    for command in (("store", "info"), ("--debug", "store", "info"), ("seal", "status")):
        if command[0] == "--debug":
            with pytest.raises(StoreError) as caught:
                run_genlab(*command, "--store", url)
            assert SECRET not in "".join(traceback.format_exception(caught.value))
            continue
        status, out, err = run_genlab(*command, "--store", url)
        assert (status, out) == (1, "")
        assert SECRET not in err
        assert len(err.splitlines()) == 1


@settings(max_examples=50)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=4))
def test_any_password_is_hidden(password):
    parts = {"drivername": "postgresql", "username": "ada", "host": "host", "database": "lab"}
    for more in ({"password": password}, {"query": {"password": password}}):
        written = sa.URL.create(**parts, **more).render_as_string(hide_password=False)
        assert secrets(parsed_url(written)) == [password]
        assert shown(parsed_url(written)) in (
            "postgresql://ada:***@host/lab",
            "postgresql://ada@host/lab?password=***",
        )


def test_nothing_that_is_told_of_a_store_holds_it():
    with postgres() as url:
        secret = sa.make_url(url).update_query_dict({"password": SECRET})
        with Store(secret.render_as_string(hide_password=False)) as store:
            store.make()
            assert SECRET not in store.url + repr(store) + repr(store_info(store))
            with pytest.raises(StoreError) as caught:
                store.read(sa.text("SELECT * FROM nowhere"))
            assert "nowhere" in str(caught.value)
            assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_an_at_sign_must_be_escaped():
    with pytest.raises(StoreError, match="an @ in a name or password is written %40"):
        Store("postgresql://ada:p@ss@host/lab")
    assert shown(parsed_url("postgresql://ada:p%40ss@host/lab")) == "postgresql://ada:***@host/lab"
    with Store("sqlite:////tmp/a@b@c.db") as store:
        assert store.url.startswith("sqlite:")
