"""Walks through the pages as a person does, link by link, and remembers what stood on them."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

HIDDEN = ("script", "style", "template")
SAID = ("title", "alt", "aria-label", "placeholder", "content", "label", "data-unsaved")
"""Attributes whose value a person may be told."""


ALIKE = ("people.unit", "people.somebody", "people.group", "diagram.show")
"""Routes whose pages are many and alike: everyone at work, every unit, every drawing of a case (each is opened in its own room's tests)."""
ENOUGH = 4
"""How many of them one walk opens."""


@dataclass
class Seen:
    """One page as somebody saw it."""

    path: str
    """With its query, without its fragment."""
    status: int
    endpoint: str
    values: dict[str, object]
    text: str
    kind: str
    """Its media type."""
    leads_to: str = ""
    """Where a page that only leads on leads to."""

    @cached_property
    def document(self) -> html.HtmlElement:
        """The page, taken apart."""
        return html.document_fromstring(self.text)

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return " ".join(self.document.findtext(".//title", "").split())

    @property
    def links(self) -> list[str]:
        """Where its links lead, as they are written."""
        return [str(one.get("href")) for one in self.document.iter("a") if one.get("href")]

    @property
    def ids(self) -> set[str]:
        """What a fragment can point to."""
        return {str(one) for one in self.document.xpath("//@id")} | {"", "top"}

    def said(self, without: str) -> Iterator[str]:
        """Give every text of the page that is not marked as being in a language."""
        yield from _said(self.document, without)


def _said(element: html.HtmlElement, without: str) -> Iterator[str]:
    if not isinstance(element.tag, str) or element.tag in HIDDEN or element.get("lang") == without:
        return
    yield element.text or ""
    for name in SAID:
        if name != "content" or element.get("name") == "description":
            yield element.get(name) or ""
    for child in element:
        yield from _said(child, without)
        yield child.tail or ""


@dataclass
class Walk:
    """All pages that one person comes to."""

    app: Flask
    client: FlaskClient
    most: int = sys.maxsize
    """How many pages of each route are opened: forty people's pages are forty times the same."""
    seen: dict[str, Seen] = field(default_factory=dict)
    opened: Counter[str] = field(default_factory=Counter)
    """How many addresses of each route have been found."""

    def look(self, path: str) -> Seen:
        """Open a page, once; where it only leads on, what it leads to is open to the next link."""
        if path not in self.seen:
            answer = self.client.get(path)
            endpoint, values = endpoint_of(self.app, path)
            on = inside(path, answer.location) if answer.location else ""
            self.seen[path] = Seen(path, answer.status_code, endpoint, values, answer.text if _is_text(answer.mimetype) else "", answer.mimetype, on)
            if on:
                self.look(on)
        return self.seen[path]

    def everywhere(self, *begin: str) -> dict[str, Seen]:
        """Follow every link from some pages on."""
        ahead, known = list(begin), set(begin)
        while ahead:
            page = self.look(ahead.pop())
            if page.kind != "text/html" or page.status != 200:
                continue
            found = {inside(page.path, link) for link in page.links if is_ours(link)} - known
            known |= found
            ahead += sorted(path for path in found if self._is_wanted(endpoint_of(self.app, path)[0]))
        return self.seen

    def _is_wanted(self, endpoint: str) -> bool:
        """Whether another page of the kind is to be opened: of those that are alike for everybody a few are enough."""
        self.opened[endpoint] += 1
        most = min(self.most, ENOUGH) if endpoint in ALIKE else self.most
        return endpoint == "" or (endpoint != "static" and self.opened[endpoint] <= most)


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind == "application/json"


def is_ours(link: str) -> bool:
    """Whether a link stays within the application."""
    return not urlsplit(link).scheme and not link.startswith("//")


def inside(page: str, link: str) -> str:
    """Return the path and query to which a link on a page leads."""
    parts = urlsplit(urljoin(page, link))
    return parts.path + (f"?{parts.query}" if parts.query else "")


def endpoint_of(app: Flask, path: str, method: str = "GET") -> tuple[str, dict[str, object]]:
    """Return which route a path belongs to, and its values; an empty name for none."""
    try:
        endpoint, values = app.url_map.bind("localhost").match(urlsplit(path).path, method=method)
    except HTTPException:
        return "", {}
    return endpoint, dict(values)


def path_of(app: Flask, rule: Rule, values: dict[str, object]) -> str:
    """Return the path of a route."""
    with app.test_request_context():
        built = rule.build(values)
    assert built is not None, rule.rule
    return str(built[1])


def words(text: str) -> set[str]:
    """Return the words of a text, in small letters."""
    return {word.lower() for word in re.findall(r"[^\W\d_]+", text)}
