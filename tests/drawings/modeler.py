"""The real bpmn-js in a headless Chromium: opens a drawing, saves it again, pictures it and measures its texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser import started
from tests.drawings.plan import Box

TOP = Path(__file__).parents[2]
NODE_MODULES = TOP / "node_modules"
BPMN_JS = NODE_MODULES / "bpmn-js" / "dist"
ZEEBE = NODE_MODULES / "zeebe-bpmn-moddle" / "resources" / "zeebe.json"

_OPEN = """
async ([xml, zeebe]) => {
  document.body.innerHTML = '<div id="canvas" style="width: 1600px; height: 1000px"></div>';
  window.modeler = new BpmnJS({ container: '#canvas', moddleExtensions: { zeebe } });
  const { warnings } = await modeler.importXML(xml);
  return warnings.map(warning => warning.message);
}
"""
# The text's own extent on the canvas; a label's bounds are wider than what is written in them.
_TEXTS = """
() => modeler.get('elementRegistry').filter(element => element.parent).flatMap(element => {
  const text = modeler.get('elementRegistry').getGraphics(element).querySelector('.djs-visual text.djs-label, .djs-visual text');
  if (!text || !text.textContent.trim()) return [];
  const box = text.getBBox(), at = element.type === 'label' || !element.waypoints ? element : { x: 0, y: 0 };
  const lines = [...text.querySelectorAll('tspan')].map(line => line.textContent.trim());
  return [[element.id, lines, at.x + box.x, at.y + box.y, box.width, box.height]];
})
"""


@dataclass(frozen=True)
class Text:
    """A text as the browser wrote it."""

    lines: list[str]
    box: Box


@dataclass(frozen=True)
class Opened:
    """What bpmn-js made of one drawing."""

    warnings: list[str]
    saved: str
    """The XML that it writes when the drawing is saved unchanged."""
    svg: str
    texts: dict[str, Text]
    """By the id of the shape, or ``..._label`` for a label beside it."""


class Modeler:
    """An open bpmn-js."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._page: Page = browser.new_page(viewport={"width": 1700, "height": 1100})
        self._page.set_content("<!doctype html><html><body></body></html>")
        for style in ("assets/diagram-js.css", "assets/bpmn-js.css"):
            self._page.add_style_tag(path=BPMN_JS / style)
        self._page.add_script_tag(path=BPMN_JS / "bpmn-modeler.production.min.js")
        self._zeebe = json.loads(ZEEBE.read_text())

    def open(self, xml: str) -> Opened:
        """Open a drawing and save it unchanged."""
        warnings = self._page.evaluate(_OPEN, [xml, self._zeebe])
        saved = self._page.evaluate("async () => (await modeler.saveXML({ format: true })).xml")
        svg = self._page.evaluate("async () => (await modeler.saveSVG()).svg")
        texts = {id_: Text(lines, Box(*box)) for id_, lines, *box in self._page.evaluate(_TEXTS)}
        return Opened(warnings, saved, svg, texts)

    def photograph(self, svg: str, path: Path, scale: float = 1.5) -> None:
        """Write an SVG as a PNG, ``scale`` pixels for each of the drawing's."""
        page = self._browser.new_page(device_scale_factor=scale)
        try:
            page.set_content(f'<div style="padding: 20px; width: max-content; line-height: 0; background: white">{svg[svg.index("<svg") :]}</div>')
            page.locator("div").screenshot(path=path)
        finally:
            page.close()


@contextmanager
def modeler() -> Iterator[Modeler]:
    """Open bpmn-js, and close its browser afterwards."""
    with started() as browser:
        yield Modeler(browser)
