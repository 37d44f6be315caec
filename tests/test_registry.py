"""A registry: its own objects, those of installed packages, and what is told of a clash."""

import sys

import pytest

from genlab import GenlabError
from genlab._base.registry import Registry

GROUP = "genlab.test_registry"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a distribution with entry points of the group on `sys.path`."""

    def install(name, *lines):
        place = tmp_path / name
        folder = place / f"{name}-1.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines]))
        monkeypatch.syspath_prepend(place)
        return place

    return install


def test_built_in_entries_come_first_and_all_are_loaded_when_used(install):
    place = install("lab", "pi = lab_constants:pi", "zero = lab_constants:nothing.zero")
    (place / "lab_constants.py").write_text("pi = 3\nclass nothing:\n    zero = 0\n")
    registry = Registry(GROUP, {"one": 1, "e": "math:e"})
    assert list(registry) == ["one", "e", "pi", "zero"]
    assert len(registry) == 4
    assert "pi" in registry
    assert "two" not in registry
    assert "lab_constants" not in sys.modules
    assert dict(registry) == {"one": 1, "e": 2.718281828459045, "pi": 3, "zero": 0}
    assert registry.get("two") is None
    del sys.modules["lab_constants"]


def test_a_miss_lists_the_names(install):
    install("lab", "pi = lab_constants:pi")
    registry = Registry(GROUP, {"one": 1})
    for kind in (KeyError, ValueError):
        with pytest.raises(kind, match=r"^the name must be one of one, pi, got 'two'\.$"):
            registry["two"]


def test_a_name_of_genlabs_own_is_refused(install):
    install("lab", "one = lab_constants:pi")
    with pytest.raises(
        GenlabError,
        match=rf"'one' in {GROUP} is genlab's own and that of lab 1\.0 \(lab_constants:pi\)",
    ):
        Registry(GROUP, {"one": 1})["one"]


def test_two_packages_of_one_name_are_refused(install):
    install("lab", "pi = lab_constants:pi")
    install("bar", "pi = bar_constants:pi")
    registry = Registry(GROUP, {"one": 1})
    with pytest.raises(
        GenlabError,
        match=r"'pi' in .* is that of bar 1\.0 \(bar_.*\) and of lab 1\.0 \(lab_constants:pi\)",
    ):
        list(registry)


def test_an_entry_point_that_cannot_be_loaded_is_told(install):
    install("lab", "pi = lab_nothing:pi")
    with pytest.raises(GenlabError, match=r"the entry point 'pi' of lab 1\.0 \(lab_nothing:pi\) c"):
        Registry(GROUP, {})["pi"]


def test_what_a_package_brings_is_what_its_entry_points_name(install):
    place = install("lab", "made = lab_makers:make", "other = bar_makers:nothing")
    (place / "lab_makers.py").write_text("import os\ndef make(): ...\ndef unmade(): ...\n")
    registry = Registry(GROUP, {"one": 1})
    assert registry.brings("lab_makers:make")
    for name in ("lab_makers:unmade", "lab_makers:os.system", "os:system", "one", "antigravity:x"):
        assert not registry.brings(name)
    assert "antigravity" not in sys.modules
    del sys.modules["lab_makers"]
