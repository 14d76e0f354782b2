"""Releases of the models: which names they may use, whether they can run, and which one the application runs on."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lxml import etree
from sqlalchemy import select

from engine.clock import Clock
from engine.errors import SamspelError
from engine.execution import ModelsRefused, Release, load_files
from engine.execution.catalogue import TASK_TYPES
from engine.execution.checks import check, files_at
from engine.execution.checks.apart import verdicts_apart
from engine.execution.checks.decisions import row_of
from engine.execution.checks.drawing import local_name, text_of
from engine.execution.checks.rules import RULES
from engine.execution.checks.verdicts import Verdict
from engine.execution.faults import Fault, Vocabulary
from engine.execution.release import FACT_NAMES, hash_of
from engine.execution.xml import BadXml, parse_xml
from engine.facts.agreements import AgreementMalformed, read_files
from engine.facts.roles import CASE_ROLES
from engine.services import agreements
from engine.services.cases import PARTLY_WITHDRAWN, WITHDRAWN
from engine.services.deviations import LIFT
from engine.services.notices import TEMPLATES
from engine.shipped import processes_folder
from engine.storage import queries
from engine.storage.database import Database
from engine.storage.tables import StoredRelease

DEMONSTRATION = "demonstration"
"""The folder within the shipped models that is laid over them for demonstration, simulation and tests."""

STORIES = "stories"
"""The folder within it that tells who there is and what has happened: no model, and no part of a release."""

_MODELS = (".bpmn", ".dmn", ".form")
_FILES = (*_MODELS, ".toml")
_AGREEMENTS = "agreements/"


class NoSuchRelease(SamspelError):
    """The database keeps no release of that hash."""

    sv = "Databasen har inte den utgåva av ritningarna som ärendet följer ({release})."
    en = "The database has not the release of the drawings that the case follows ({release})."


@dataclass
class StoredReleases:
    """The releases of an application: the one that new cases start under, and those in the database that open cases are pinned to."""

    database: Database
    active: Release
    refused: ModelsRefused | None = None
    """Why the folder's models were not taken, where the last good release runs in their place."""
    _read: dict[str, Release] = field(default_factory=dict, repr=False)

    def get(self, hash_: str, /) -> Release:
        """Return a release by its hash, read from the database once. Raises ``NoSuchRelease``."""
        if hash_ == self.active.hash:
            return self.active
        if hash_ not in self._read:
            with self.database.reading() as session:
                row = session.get(StoredRelease, hash_)
            if row is None:
                raise NoSuchRelease(release=hash_[:12])
            self._read[hash_] = load_files(_unpacked(row.files))
        return self._read[hash_]


def open_releases(database: Database, clock: Clock, folder: Path, overlays: Sequence[Path] = ()) -> StoredReleases:
    """Start on the folder's release and keep it in the database; where it cannot run, start on the last good one.

    Raises ``ModelsRefused`` where the folder cannot run and the database keeps no good release.
    """
    with database.reading() as session:
        good = session.scalar(select(StoredRelease).where(StoredRelease.active))
    try:
        release = load_release(folder, overlays)
    except ModelsRefused as refused:
        if good is None:
            raise
        return StoredReleases(database, load_files(_unpacked(good.files)), refused)
    if good is None or good.hash != release.hash:
        with database.writing() as session:
            queries.keep_release(session, release.hash, _packed(release.files), clock.now())
    return StoredReleases(database, release)


def _packed(files: Mapping[str, bytes]) -> bytes:
    """Return the files as one archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            # Without the hour of packing: the same files are always the same archive.
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


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
    files = release_files(folder, overlays)
    if not any(name.endswith(_MODELS) for name in files):
        raise ModelsRefused((RULES["folder_empty"].at(str(folder)),))
    return _checked(files)


def release_files(folder: Path, overlays: Sequence[Path] = ()) -> dict[str, bytes]:
    """Return the files of a release by their paths, those of overlays in their places; the demonstration is not one of them."""
    files: dict[str, bytes] = {}
    for place in (folder, *overlays):
        for path in sorted(place.rglob("*")):
            inside = path.relative_to(place)
            left_out = inside.parts[0] in (DEMONSTRATION, STORIES) or any(part.startswith(".") for part in inside.parts)
            if path.suffix in _FILES and path.is_file() and not left_out:
                files[inside.as_posix()] = path.read_bytes()
    return dict(sorted(files.items()))


_known_good: set[str] = set()
"""The hashes of the releases that passed the checks in this process."""


def _checked(files: Mapping[str, bytes]) -> Release:
    hash_ = hash_of(files)
    if hash_ not in _known_good:
        models = {name: data for name, data in files.items() if name.endswith(_MODELS)}
        faults = [*_agreement_faults(files), *check(models, vocabulary(files))]
        errors = tuple(fault for fault in faults if fault.severity == "error")
        if errors:
            raise ModelsRefused(errors)
        if said := _policy_faults(load_files(files)):
            raise ModelsRefused(said)
        _known_good.add(hash_)
    return load_files(files)


def _agreement_faults(files: Mapping[str, bytes]) -> list[Fault]:
    """Return what is wrong with the agreements among the files: the first thing, as they are read one after the other."""
    try:
        read_files(_agreements(files))
    except AgreementMalformed as error:
        place, sv, en = error.names, str(error.names["reason_sv"]), str(error.names["reason_en"])
        words = (f"rad {place['line']}: {sv}.", f"line {place['line']}: {en}.", "Rätta filen i en textredigerare.", "Mend the file in a text editor.")
        return [Fault(str(place["file"]), str(place["key"]), "", "error", "agreement_malformed", *words)]
    return []


def _policy_faults(release: Release) -> tuple[Fault, ...]:
    """Return what a case would find wrong in the policy tables, each once, though several agreements share a row."""
    faults: dict[tuple[object, object], Fault] = {}
    for error in agreements.malformed(release):
        names = {name: str(value) for name, value in error.names.items()}
        table, key, agreement = (names.get(name, "") for name in ("table", "key", "agreement"))
        found = [path for path in release.files if path.endswith(f"/{table}.dmn")]
        found += [path for path, content in release.files.items() if path.endswith(".dmn") and f'id="{table}"'.encode() in content]
        file = next(iter(found), "policy")
        row = row_of(parse_xml(release.files[file], file), key, agreement) if found else ""
        reasons = (names.get("reason_sv") or error.sentence("sv"), names.get("reason_en") or error.sentence("en"))
        words = {"agreement": agreement, "key": key, "reason": reasons[0], "reason_en": reasons[1]}
        faults.setdefault((table, key), RULES["policy_malformed"].at(file, row, key, **words))
    return tuple(faults.values())


def _agreements(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if name.startswith(_AGREEMENTS) and name.endswith(".toml")}


def check_models(path: Path | None = None) -> list[Verdict]:
    """Return the verdict of each model file in a folder, of one file, or of the shipped models.

    The demonstration's files are judged laid over the rest; agreements are named only where one cannot be read.
    Never raises for a bad file.
    """
    place = processes_folder() if path is None else path
    files, only, faults = files_at(place)
    if faults:
        return [Verdict(fault.file, (fault,)) for fault in faults]
    inside = f"{DEMONSTRATION}/"
    base = {name: data for name, data in files.items() if not name.startswith(inside)}
    over = {name.removeprefix(inside): data for name, data in files.items() if name.startswith(inside)}
    words = _vocabulary_of(files, place)
    verdicts = [Verdict(fault.file, (fault,)) for fault in _agreement_faults(_agreements_in(place))] if only is None else []
    if base and (only is None or only in base):
        verdicts += verdicts_apart(base, words, only)
    for name in over if only is None else [only.removeprefix(inside)] if only not in base else []:
        verdicts += [_renamed(verdict, inside) for verdict in verdicts_apart({**base, **over}, words, name)]
    if not any(verdict.errors for verdict in verdicts) and (only is None or only.endswith(".dmn")):
        verdicts = _judged_by_policy(verdicts, place if only is None else _root_of(place, only))
    return verdicts


def _root_of(place: Path, inside: str) -> Path:
    """Return the folder in which the file has that path."""
    return place.absolute().parents[inside.count("/")]


def _judged_by_policy(verdicts: Sequence[Verdict], place: Path) -> list[Verdict]:
    """Add what is wrong between the rows of the policy tables of a folder, and of the demonstration laid over it."""
    try:
        plain = _policy_faults(load_files(release_files(place)))
    except (ModelsRefused, AgreementMalformed):  # another file of the folder is broken, and named there
        return list(verdicts)
    over = {path.relative_to(place / DEMONSTRATION).as_posix() for path in (place / DEMONSTRATION).rglob("*.dmn")}
    laid = _policy_faults(load_files(release_files(place, [place / DEMONSTRATION]))) if over and not plain else ()
    faults = (*plain, *(replace(fault, file=f"{DEMONSTRATION}/{fault.file}") if fault.file in over else fault for fault in laid))
    return [Verdict(one.file, (*(fault for fault in faults if fault.file == one.file), *one.faults)) for one in verdicts]


def _renamed(verdict: Verdict, inside: str) -> Verdict:
    """Return the verdict of a file of the overlay under the name that it has on disk."""
    faults = (Fault(**{**vars(fault), "file": inside + fault.file}) for fault in verdict.faults)
    return Verdict(inside + verdict.file, tuple(faults))


def _vocabulary_of(files: Mapping[str, bytes | None], place: Path) -> Vocabulary:
    """Return the names that the files may use: with their own agreements and tables, else with the shipped ones."""
    own = {name: data for name, data in files.items() if data is not None}
    folder = place if place.is_dir() else next((up for up in place.absolute().parents if (up / _AGREEMENTS).is_dir()), None)
    own_agreements = _agreements_in(folder) if folder is not None else {}
    shipped = release_files(processes_folder(), [processes_folder() / DEMONSTRATION])
    if own_agreements:
        shipped = {name: data for name, data in shipped.items() if not name.startswith(_AGREEMENTS)}
        own |= own_agreements
    return vocabulary({**shipped, **own})


def _agreements_in(folder: Path) -> dict[str, bytes]:
    return {f"{_AGREEMENTS}{path.name}": path.read_bytes() for path in sorted((folder / _AGREEMENTS).glob("*.toml"))}


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
        messages=frozenset({WITHDRAWN, PARTLY_WITHDRAWN, LIFT}),
        requirement_ids=_requirement_ids(files),
    )


def _requirement_ids(files: Mapping[str, bytes]) -> frozenset[str] | None:
    try:
        known = read_files(_agreements(files))
    except AgreementMalformed:
        return None
    return frozenset(rule.id for agreement in known.values() for rule in agreement.rules) or None


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
