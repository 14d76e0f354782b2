"""Releases of the models: which names they may use, whether they can run, and which one the application runs on."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lxml import etree

from engine.execution import ModelsRefused, Release, load_files
from engine.execution.catalogue import TASK_TYPES
from engine.execution.checks import check, files_at
from engine.execution.checks.apart import verdicts_apart
from engine.execution.checks.drawing import local_name, text_of
from engine.execution.checks.verdicts import Verdict
from engine.execution.faults import Fault, Vocabulary
from engine.execution.release import FACT_NAMES
from engine.execution.xml import BadXml, parse_xml
from engine.facts.agreements import AgreementMalformed, read_files
from engine.facts.roles import CASE_ROLES
from engine.services.notices import TEMPLATES
from engine.shipped import processes_folder

DEMONSTRATION = "demonstration"
"""The folder within the shipped models that is laid over them for demonstration, simulation and tests."""

_MODELS = (".bpmn", ".dmn", ".form")
_FILES = (*_MODELS, ".toml")
_AGREEMENTS = "agreements/"


class Snapshots(Protocol):
    """Where the files of the last release that could run are kept."""

    def newest(self) -> Mapping[str, bytes] | None:
        """Return the files of the last good release, or none."""
        ...

    def keep(self, release: Release, /) -> None:
        """Keep the files of a release that runs."""
        ...


@dataclass(frozen=True)
class FolderSnapshots:
    """Keeps the last good release as one archive in a folder; written beside and moved, so that it is never half."""

    folder: Path

    def newest(self) -> Mapping[str, bytes] | None:
        """Return the files of the last good release, or none."""
        try:
            with zipfile.ZipFile(self._archive) as archive:
                return {name: archive.read(name) for name in archive.namelist()}
        except (FileNotFoundError, zipfile.BadZipFile):
            return None

    def keep(self, release: Release) -> None:
        """Keep the files of a release that runs."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in sorted(release.files.items()):
                archive.writestr(name, data)
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = self._archive.with_suffix(".new")
        beside.write_bytes(content.getvalue())
        beside.replace(self._archive)

    @property
    def _archive(self) -> Path:
        return self.folder / "release.zip"


@dataclass(frozen=True)
class Started:
    """The release that the application starts with."""

    release: Release
    refused: tuple[Fault, ...] = ()
    """Why the models of the folder were not taken, where the last good release runs in their place."""


def shipped_release(*, demonstration: bool = False) -> Release:
    """Return the release of the shipped models, with the demonstration's local decisions laid over where asked.

    Raises ``ModelsRefused``.
    """
    folder = processes_folder()
    return load_release(folder, [folder / DEMONSTRATION] if demonstration else [])


def load_release(folder: Path, overlays: Sequence[Path] = ()) -> Release:
    """Return the release that a folder makes, checked and read once for each content.

    A file of a later overlay replaces the one with the same path. Raises ``ModelsRefused`` with every error.
    """
    return _checked(release_files(folder, overlays))


def start_release(folder: Path, snapshots: Snapshots, overlays: Sequence[Path] = ()) -> Started:
    """Return the folder's release, or the last good one with what is wrong in the folder.

    Raises ``ModelsRefused`` where the folder cannot run and nothing good was kept.
    """
    try:
        release = load_release(folder, overlays)
    except ModelsRefused as refused:
        files = snapshots.newest()
        if files is None:
            raise
        return Started(load_files(files), refused.faults)
    snapshots.keep(release)
    return Started(release)


def release_files(folder: Path, overlays: Sequence[Path] = ()) -> dict[str, bytes]:
    """Return the files of a release by their paths, those of overlays in their places; the demonstration is not one of them."""
    files: dict[str, bytes] = {}
    for place in (folder, *overlays):
        for path in sorted(place.rglob("*")):
            inside = path.relative_to(place)
            left_out = inside.parts[0] == DEMONSTRATION or any(part.startswith(".") for part in inside.parts)
            if path.suffix in _FILES and path.is_file() and not left_out:
                files[inside.as_posix()] = path.read_bytes()
    return dict(sorted(files.items()))


_known_good: dict[frozenset[tuple[str, bytes]], Release] = {}
"""Releases that passed the checks in this process, by their files."""


def _checked(files: Mapping[str, bytes]) -> Release:
    key = frozenset(files.items())
    if key not in _known_good:
        models = {name: data for name, data in files.items() if name.endswith(_MODELS)}
        errors = tuple(fault for fault in check(models, vocabulary(files)) if fault.severity == "error")
        if errors:
            raise ModelsRefused(errors)
        _known_good[key] = load_files(files)
    return _known_good[key]


def check_models(path: Path | None = None) -> list[Verdict]:
    """Return the verdict of each model file in a folder, of one file, or of the shipped models.

    The demonstration's files are judged laid over the rest. Never raises for a bad file.
    """
    place = processes_folder() if path is None else path
    files, only, faults = files_at(place)
    if faults:
        return [Verdict(fault.file, (fault,)) for fault in faults]
    inside = f"{DEMONSTRATION}/"
    base = {name: data for name, data in files.items() if not name.startswith(inside)}
    over = {name.removeprefix(inside): data for name, data in files.items() if name.startswith(inside)}
    words = _vocabulary_of(files, place)
    verdicts: list[Verdict] = []
    if base and (only is None or only in base):
        verdicts += verdicts_apart(base, words, only)
    for name in over if only is None else [only.removeprefix(inside)] if only not in base else []:
        verdicts += [_renamed(verdict, inside) for verdict in verdicts_apart({**base, **over}, words, name)]
    return verdicts


def _renamed(verdict: Verdict, inside: str) -> Verdict:
    """Return the verdict of a file of the overlay under the name that it has on disk."""
    faults = (Fault(**{**vars(fault), "file": inside + fault.file}) for fault in verdict.faults)
    return Verdict(inside + verdict.file, tuple(faults))


def _vocabulary_of(files: Mapping[str, bytes | None], place: Path) -> Vocabulary:
    """Return the names that the files may use: with their own agreements and tables, else with the shipped ones."""
    own = {name: data for name, data in files.items() if data is not None}
    folder = place if place.is_dir() else next((up for up in place.absolute().parents if (up / _AGREEMENTS).is_dir()), None)
    agreements = sorted((folder / _AGREEMENTS).glob("*.toml")) if folder is not None else []
    shipped = release_files(processes_folder(), [processes_folder() / DEMONSTRATION])
    if agreements:
        shipped = {name: data for name, data in shipped.items() if not name.startswith(_AGREEMENTS)}
        own |= {f"{_AGREEMENTS}{path.name}": path.read_bytes() for path in agreements}
    return vocabulary({**shipped, **own})


def vocabulary(files: Mapping[str, bytes]) -> Vocabulary:
    """Return every name that the drawings among these files may use.

    Roles, task types, facts and templates are those of the code; policy keys and deadlines are the rows of the tables;
    requirement ids are those of the agreements, and not judged where there are none or a file of them is broken.
    """
    tables = [root for name, data in files.items() if name.endswith(".dmn") and (root := _root(name, data)) is not None]
    keys = frozenset(word for root in tables for word in _column(root, "key", {"value"}))
    return Vocabulary(
        roles=frozenset(CASE_ROLES),
        facts=FACT_NAMES,
        policy_keys=keys or None,
        deadline_names=frozenset(word for root in tables for word in _column(root, "name", {"start", "days"})) or None,
        task_types=frozenset(TASK_TYPES),
        templates=frozenset(TEMPLATES),
        requirement_ids=_requirement_ids(files),
    )


def _requirement_ids(files: Mapping[str, bytes]) -> frozenset[str] | None:
    tomls = {name: data for name, data in files.items() if name.startswith(_AGREEMENTS) and name.endswith(".toml")}
    try:
        agreements = read_files(tomls)
    except AgreementMalformed:
        return None
    return frozenset(rule.id for agreement in agreements.values() for rule in agreement.rules) or None


def _root(name: str, data: bytes) -> etree._Element | None:
    try:
        return parse_xml(data, name)
    except BadXml:
        return None


def _column(root: etree._Element, column: str, beside: set[str]) -> Iterator[str]:
    """Yield the literal texts in the output column of that name, in tables that have the other columns too."""
    for table in root.iter("{*}decisionTable"):
        names = [output.get("name", "") for output in table.iterchildren("{*}output")]
        if column not in names or not beside <= set(names):
            continue
        for rule in table.iterchildren("{*}rule"):
            cells = [text_of(cell) for cell in rule.iterchildren("{*}outputEntry")]
            text = cells[names.index(column)] if len(cells) == len(names) else ""
            if local_name(rule) and text.startswith('"') and text.endswith('"'):
                yield text.strip('"')
