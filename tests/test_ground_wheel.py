"""The wheel is whole: installed outside the checkout it checks its models and plays its cases (acceptance point 1)."""

import ast
import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=TOP, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def samspel(wheel, tmp_path_factory):
    """The command as installed from the wheel; what the wheel depends on comes from this environment, nothing of the checkout does."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    site = next((folder / "lib").glob("python*/site-packages"))
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site, wheel], check=True, capture_output=True
    )
    parent = next(Path(entry) for entry in sys.path if entry.endswith("site-packages"))
    # A path in a .pth is searched, but .pth files within it are not read: the editable checkout stays out.
    (site / "dependencies.pth").write_text(f"{parent}\n")
    start = "from webui.cli import main; main()"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*arguments):
        command = [folder / "bin" / "python", "-I", "-c", start, *arguments]
        return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True, encoding="utf-8")

    return run


def test_the_wheel_carries_models_migrations_and_the_feel_interpreter(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())

    shipped = {f"engine/processes/{path.relative_to(TOP / 'processes')}" for path in (TOP / "processes").rglob("*") if path.is_file()}
    assert shipped <= names
    assert {"engine/execution/built/feel.js", "engine/storage/migrations/env.py"} <= names
    assert {"webui/static/built/pages.css", "webui/static/built/pages.js", "webui/templates/base.html"} <= names
    assert "webui/translations/en/LC_MESSAGES/messages.mo" in names
    assert {str(path.relative_to(TOP)) for path in (TOP / "engine/storage/migrations").rglob("*.py")} <= names
    assert not any(name.startswith(("tests/", "docs/", "processes/")) for name in names)


def test_the_installed_wheel_checks_its_own_models(samspel):
    done = samspel("models", "check", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["ok"]


def test_the_installed_wheel_plays_cases_to_their_end(samspel):
    done = samspel("simulate", "--cases", "1", "--agreement", "jamtbus", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["ok"]


def test_the_installed_wheel_makes_its_database(samspel, tmp_path):
    done = samspel("--database", f"sqlite:///{tmp_path / 'new.sqlite'}", "db", "upgrade", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "new.sqlite").stat().st_size > 0


def test_every_package_that_the_code_imports_is_declared():
    known = packages_distributions()
    imported = {name.partition(".")[0] for path in (*(TOP / "engine").rglob("*.py"), *(TOP / "webui").rglob("*.py")) for name in _imports(path)}

    needed = {_normal(known[name][0]) for name in imported - set(sys.stdlib_module_names) - {"engine", "webui"}}

    declared = {_normal(re.split(r"[<>=;\[ ]", requirement)[0]) for requirement in requires("samspel") or [] if "extra ==" not in requirement}
    assert needed <= declared


def _normal(name):
    """A distribution's name as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
