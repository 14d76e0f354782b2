"""Every error that a person may meet: a type, and a sentence in Swedish and in English that names the place."""

from __future__ import annotations

from typing import ClassVar, Literal

Language = Literal["sv", "en"]


class SamspelError(Exception):
    """What went wrong, said so that whoever reads it knows what to do.

    Subclasses give the two sentences as format strings; the names in them are the
    keyword arguments, kept in ``names`` so that a page can link to the case or field.
    """

    sv: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, **names: object) -> None:
        self.names = names
        super().__init__(self.sentence("en"))

    def sentence(self, language: Language = "sv") -> str:
        """Return the sentence in the reader's language."""
        return (self.sv if language == "sv" else self.en).format(**self.names)
