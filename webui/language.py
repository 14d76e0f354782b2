"""Which language a page speaks, and the drawings' own words in it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask
from flask_babel import Babel
from markupsafe import Markup, escape

from engine.services import wording
from webui.house import chosen_language, language, runtime

SPOKEN = ("sv", "en")


def add_languages(app: Flask) -> None:
    """Let pages speak Swedish, which stands in them, or English, which is in the catalogue."""
    Babel(app, default_locale="sv", default_timezone="Europe/Stockholm", locale_selector=chosen_language)
    app.jinja_env.globals.update(language=language, element_name=element_name)


def element_name(element: str | None, name: str | None) -> str:
    """Return what an element of a drawing is called, marked as Swedish where the page is not and there is no other name."""
    if language() == "sv":
        return name or element or ""
    english = wording.of_elements(runtime()).get(element or "")
    return english or in_swedish(name or element or "")


def in_swedish(text: str) -> Markup:
    """Mark words as Swedish, for a reader of English who hears them read aloud."""
    return Markup('<span lang="sv">{}</span>').format(escape(text))


def form_words(form: str) -> Mapping[str, str]:
    """Return the form's own words in the language of the page, where they are not those in the file."""
    return wording.of_form(runtime(), form) if language() == "en" else {}
