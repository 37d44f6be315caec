"""The package as a whole: imports run one way, and importing genlab loads little."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import genlab

SOURCE = Path(genlab.__file__).parent

# room -> the rooms it may import (and itself).
MAY_IMPORT = {
    "datasets": set(),
    "models": set(),
    "measure": set(),
    "training": {"datasets", "models"},
    "sweep": {"datasets", "models", "training"},
    "studies": {"measure", "datasets", "models", "training", "sweep"},
    "experiments": {"studies", "sweep", "measure", "datasets", "models", "training"},
    "report": {"experiments", "studies", "measure", "training", "sweep"},
}
# The one upward call: `result.chart()` loads what draws it when it is called.
UPWARD = {
    ("training/_history.py", "report"),
    ("studies/_decompose.py", "report"),
    ("studies/_capacity_curve.py", "report"),
    ("studies/_selection.py", "report"),
    ("experiments/_experiment.py", "report"),
}


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "genlab":
                names = [f"genlab.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "genlab" and len(parts) > 1 and parts[1] in MAY_IMPORT:
                yield parts[1]


def test_every_folder_is_a_room():
    rooms = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    assert rooms == set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_run_one_way(room):
    for path in (SOURCE / room).rglob("*.py"):
        allowed = MAY_IMPORT[room] | {room}
        where = path.relative_to(SOURCE).as_posix()
        rooms = {name for name in imported_rooms(path) if (where, name) not in UPWARD}
        assert rooms <= allowed, f"{where} imports {rooms - allowed}"


def loaded_after(code, cwd=None):
    program = f"{code}\nimport sys; print(' '.join(sys.modules))"
    return set(
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=cwd
        ).stdout.split()
    )


def test_import_genlab_is_light():
    heavy = {"jax", "numpy", "scipy", "altair", "sqlalchemy", "typer", "rich", "pandas"}
    assert not loaded_after("import genlab") & heavy


def test_the_command_line_loads_no_jax_for_help():
    assert not loaded_after("import genlab.cli, genlab.experiments") & {"jax", "altair", "numpy"}


def test_a_cell_needs_no_store_page_or_command_line():
    code = "from genlab.sweep._worker import _serve; from genlab.sweep import Cell, run_cells"
    extra = {"sqlalchemy", "altair", "vl_convert", "pandas", "typer", "rich", "jinja2"}
    assert not loaded_after(code) & extra


def test_the_accelerators_benchmark_needs_what_a_cell_needs():
    if not (SOURCE.parents[1] / "benchmarks").exists():
        pytest.skip("the benchmarks are not beside the package")
    code = (
        "import sys; sys.argv[1:] = '--widths 2 --steps 2 --out /dev/null'.split();"
        "from benchmarks.device import main; assert main() == 0"
    )
    extra = {"sqlalchemy", "altair", "vl_convert", "pandas", "sklearn", "pooch", "threadpoolctl"}
    assert not loaded_after(code, cwd=SOURCE.parents[1]) & (extra | {"typer", "rich", "pyarrow"})


def test_the_environment_is_strict():
    import jax

    from genlab.sweep._worker import ONE_THREAD

    assert {name: os.environ.get(name) for name in ONE_THREAD} == ONE_THREAD
    assert jax.config.jax_numpy_rank_promotion == "raise"
    assert jax.config.jax_platforms == "cpu"
    with pytest.raises(ValueError, match="rank_promotion"):
        jax.numpy.ones((2, 3)) + jax.numpy.ones(3)


def test_shapes_are_checked():
    import beartype
    import jaxtyping

    with pytest.raises((jaxtyping.TypeCheckError, beartype.roar.BeartypeException)):
        genlab.datasets.transforms.scale([[1.0]], 2.0)


def test_public_names_exist():
    for name in genlab.__all__:
        assert getattr(genlab, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = genlab.nothing
