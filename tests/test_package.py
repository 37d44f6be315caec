"""The package as a whole: imports run one way, and importing genlab loads little."""

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import genlab

SOURCE = Path(genlab.__file__).parent

# The rooms in the order of the flow: each may import those that stand before it in its list.
_LOW = {"_base", "datasets", "models", "measure", "charts", "training"}
MAY_IMPORT = {
    "_base": set(),
    "datasets": {"_base"},
    "models": {"_base"},
    "measure": {"_base"},
    "charts": {"_base"},
    "training": {"_base", "datasets", "models", "measure", "charts"},
    "estimators": {"_base", "datasets", "models", "training"},
    "sweep": {"_base", "datasets", "models", "training"},
    "testing": {"_base", "datasets", "models", "training", "sweep"},
    "sealing": _LOW | {"sweep"},
    "selection": _LOW | {"sweep", "sealing"},
    "studies": _LOW | {"sweep", "sealing", "selection"},
    "experiments": _LOW | {"sweep", "sealing", "selection", "studies"},
    "report": _LOW | {"sweep", "sealing", "selection", "studies", "experiments"},
    "explorer": _LOW | {"sweep", "sealing", "selection", "studies", "experiments", "report"},
    "cli": _LOW | {"sweep", "sealing", "selection", "studies", "experiments", "report", "explorer"},
}


def module_of(path):
    parts = ("genlab", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in SOURCE.rglob("*.py")}


@pytest.fixture(scope="module")
def parsed():
    return {module: list(ast.walk(ast.parse(path.read_text()))) for module, path in MODULES.items()}


def imported(nodes):
    """The modules of genlab that a file imports: in functions and for type checking, too."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module


@pytest.fixture(scope="module")
def imports(parsed):
    return {module: set(imported(nodes)) - {module} for module, nodes in parsed.items()}


def room_of(module):
    return module.split(".")[1] if "." in module else None


def circles(graph):
    """Groups of modules that import each other (Tarjan 1972)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in graph:
        if node not in index:
            visit(node)
    return found


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_three_names_stand_at_the_top():
    rooms = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    assert rooms == set(MAY_IMPORT)
    files = {path.name for path in SOURCE.iterdir() if path.is_file()}
    assert files == {"__init__.py", "__main__.py", "py.typed"}


def test_no_module_imports_itself_through_others(imports):
    assert circles(imports) == []


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_run_one_way(room, imports):
    for module, names in imports.items():
        if room_of(module) == room:
            rooms = {room_of(name) for name in names} - {None}
            assert rooms <= MAY_IMPORT[room] | {room}, f"{module} imports {rooms}"


def test_no_underscore_crosses_a_room(parsed):
    """A module or name with an underscore is used within the folder that holds it alone."""
    for module, nodes in parsed.items():
        for node in nodes:
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("genlab"):
                continue
            for alias in node.names:
                parts = f"{node.module}.{alias.name}".removeprefix("genlab._base.").split(".")
                private = [i for i, part in enumerate(parts) if part.startswith("_")]
                for i in private:
                    inside = f"{module}.".startswith(".".join(parts[:i]) + ".")
                    assert inside or alias.name == "__version__", f"{module}: {alias.name}"


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


def test_openings_are_listed_without_jax():
    code = (
        "import os; os.environ['GENLAB_STORE'] = 'sqlite://'\n"
        "from genlab.cli.seal import status\n"
        "status()"
    )
    assert not loaded_after(code) & {"jax", "equinox", "optax", "pandas", "scipy.stats"}


def test_estimators_are_fitted_without_jax():
    """Beside a store of memory, in this process, as a worker does."""
    code = (
        "import numpy as np\n"
        "from sklearn.dummy import DummyClassifier\n"
        "from genlab.datasets import Dataset\n"
        "from genlab.sweep import EstimatorCell, EstimatorSpec, run_cells\n"
        "data = Dataset(np.eye(4), np.arange(4) % 2, np.eye(4), np.arange(4) % 2)\n"
        "run_cells([EstimatorCell(data.spec, EstimatorSpec.of(DummyClassifier()), 0)], 'sqlite://')"
    )
    assert not loaded_after(code) & {"jax", "equinox", "optax", "altair", "typer"}


def test_cells_and_searches_need_no_store_page_or_command_line_to_start():
    code = (
        "from genlab.sweep.executors._worker import _serve;"
        "from genlab.sweep import TrainingCell, run_cells;"
        "from genlab.selection import select"
    )
    extra = {"sqlalchemy", "altair", "vl_convert", "pandas", "typer", "rich", "jinja2"}
    # A fifth of a second and more, each.
    unused = {"scipy.ndimage", "scipy.sparse", "scipy.special", "scipy.stats"}
    assert not loaded_after(code) & (extra | unused)


def test_the_accelerators_benchmark_needs_what_a_cell_needs():
    if not (SOURCE.parents[1] / "benchmarks").exists():
        pytest.skip("the benchmarks are not beside the package")
    code = (
        "import sys; sys.argv[1:] = '--widths 2 --steps 2 --product 64 --out /dev/null'.split();"
        "from benchmarks.device import main; assert main() == 0"
    )
    extra = {"sqlalchemy", "altair", "vl_convert", "pandas", "sklearn", "pooch", "threadpoolctl"}
    assert not loaded_after(code, cwd=SOURCE.parents[1]) & (extra | {"typer", "rich", "pyarrow"})


def test_the_environment_is_strict():
    import jax

    from genlab.sweep import ONE_THREAD

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


@pytest.mark.parametrize("name", ["", *sorted(MAY_IMPORT)])
def test_public_names_exist(name):
    package = importlib.import_module(f"genlab.{name}".rstrip("."))
    for public in getattr(package, "__all__", ()):
        assert getattr(package, public) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing


COMMAND_FILES = sorted(p.stem for p in (SOURCE / "cli").glob("*.py") if p.stem[0] != "_")


def test_commands_are_the_public_files_of_the_command_line():
    from genlab import cli

    assert sorted(cli.COMMANDS) == COMMAND_FILES
    for name in COMMAND_FILES:
        assert importlib.import_module(f"genlab.cli.{name}").COMMAND.name == name


@pytest.mark.parametrize("name", COMMAND_FILES)
def test_a_command_has_help_an_example_and_a_line_in_the_manual(name):
    command = importlib.import_module(f"genlab.cli.{name}").COMMAND
    parts = getattr(command, "commands", (command,))
    root = SOURCE.parents[1]
    for part in parts:
        words = ["genlab", name, part.name] if part is not command else ["genlab", name]
        assert part.function.__doc__
        assert part.epilog.startswith("Example: ")
        assert part.example.split()[: len(words)] == words
        if (root / "README.md").exists():
            manual = [root / "README.md", *(root / "docs").glob("*.md")]
            assert any(" ".join(words) in page.read_text("utf-8") for page in manual)
