"""What is installed is what the locks name, by hash; where it is fetched from is each machine's own setting."""

import json
import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-node.lock"])
def test_every_python_package_is_locked_by_hash_and_without_an_address(name):
    text = (TOP / name).read_text()

    packages = re.split(r"\n(?=\S)", text)

    assert len(packages) == len(re.findall(r"^[\w.-]+(?:\[\w,]+\])?==", text, re.MULTILINE))
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in text


def test_every_npm_package_is_locked_by_hash_and_without_an_address():
    lock = json.loads((TOP / "package-lock.json").read_text())

    packages = {name: package for name, package in lock["packages"].items() if name}

    assert packages
    assert all("integrity" in package and "resolved" not in package for package in packages.values())


def test_npm_packages_that_we_name_are_pinned():
    package = json.loads((TOP / "package.json").read_text())

    versions = package["dependencies"] | package["devDependencies"]

    assert {name: version for name, version in versions.items() if not version[0].isdigit()} == {}
