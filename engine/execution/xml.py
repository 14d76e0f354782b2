"""Reads an XML file of a stranger: no document type, no entities, no network, and never more than 2 MB."""

from __future__ import annotations

from lxml import etree

from engine.errors import SamspelError

LARGEST_BYTES = 2 * 1024 * 1024
"""The largest drawing of the shipped models has some 100 kB."""

_DOCUMENT_TYPE = b"<!doctype"


class BadXml(SamspelError):
    """A file is not XML that we read; ``names`` holds the file and the reason."""

    sv = "{file}: {reason}"
    en = "{file}: {reason_en}"

    def __init__(self, file: str, reason: str, reason_en: str) -> None:
        self.file = file
        self.reason = reason
        self.reason_en = reason_en
        super().__init__(file=file, reason=reason, reason_en=reason_en)


def parse_xml(data: bytes, file: str) -> etree._Element:
    """Return the root element; ``file`` is the name that the error sentences give.

    Raises ``BadXml`` for a file over 2 MB, with a document type, or that is not well-formed.
    """
    if len(data) > LARGEST_BYTES:
        raise BadXml(file, "Filen är större än 2 MB. Dela upp den.", "The file is larger than 2 MB. Split it.")
    if _names_a_document_type(data):
        raise _document_type(file)
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise BadXml(
            file,
            f"Filen är inte giltig XML (rad {line}: {error.msg}). Spara den på nytt ur modelleraren.",
            f"The file is not well-formed XML (line {line}: {error.msg}). Save it again from the modeler.",
        ) from error
    except ValueError as error:  # lxml's answer to an empty or null-ridden file
        raise BadXml(file, "Filen är tom eller inte XML.", "The file is empty or not XML.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise _document_type(file)
    return root


def _names_a_document_type(data: bytes) -> bool:
    """Look before the parser does, so that no entity is ever expanded; without null bytes UTF-16 reads as ASCII."""
    return _DOCUMENT_TYPE in data.replace(b"\0", b"").lower()


def _document_type(file: str) -> BadXml:
    return BadXml(
        file,
        "Filen har en dokumenttyp (DOCTYPE), som kan gömma annat innehåll. Ta bort raden.",
        "The file has a document type (DOCTYPE), which can hide other content. Remove the line.",
    )
