"""Pictures every page into the ignored folder pictures/pages/, with an index that says what each shows.

python -m tests.webui.pictures [NAME ...]     all, or those whose name begins so
python -m tests.webui.pictures --readme       the four of the README, into docs/pictures/
"""

from __future__ import annotations

import html
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import started
from tests.webui import demonstration, scenes
from tests.webui.scenes import HEIGHT, LANGUAGES, WIDTHS, Scene, Stage

TOP = Path(__file__).parents[2]
PAGES = TOP / "pictures/pages"
README = TOP / "docs/pictures"
SHOWN_FIRST = {"start-full": "start", "inbox-full": "inbox", "task-full": "task", "case-full": "case"}
"""The scenes of the README, and what their pictures are called there."""
SHOWN_WIDTH, SHOWN_HEIGHT = 1000, 1000
"""Pixels of a picture in the README: the first that one sees of the page."""
LARGE_TEXT = "document.documentElement.style.fontSize = '200%'"


@dataclass(frozen=True)
class Picture:
    """One file, and what it shows."""

    file: str
    scene: Scene
    where: str


def main(arguments: list[str]) -> int:
    """Take the pictures."""
    with tempfile.TemporaryDirectory(prefix="samspel-pictures-") as made:
        folder = Path(made)
        filled = demonstration.filled(folder)
        with demonstration.opened(filled) as app:
            main_pages, others = scenes.scenes(app), scenes.others(app)
        with started() as browser, scenes.stage(browser, filled, folder) as stage:
            if arguments == ["--readme"]:
                _for_readme(stage, main_pages)
                return 0
            wanted = tuple(arguments) or ("",)
            _all(stage, [one for one in main_pages if one.name.startswith(wanted)], [one for one in others if one.name.startswith(wanted)])
    return 0


def _all(stage: Stage, main_pages: list[Scene], others: list[Scene]) -> None:
    PAGES.mkdir(parents=True, exist_ok=True)
    taken: list[Picture] = []
    for scene in main_pages:
        for language in LANGUAGES:
            taken += _in_every_size(stage.open(scene, language), scene, language)
    for scene in others:
        for language, name in (("sv", "wide"), ("en", "narrow")):
            taken.append(_take(stage.open(scene, language), scene, f"{language}-{name}", WIDTHS[name]))
    _write_index(taken)
    print(f"{len(taken)} pictures: {PAGES / 'index.html'}")


def _in_every_size(page: Page, scene: Scene, language: str) -> Iterator[Picture]:
    for name, width in WIDTHS.items():
        yield _take(page, scene, f"{language}-{name}", width)
    page.evaluate(LARGE_TEXT)
    yield _take(page, scene, f"{language}-large", WIDTHS["wide"])


def _take(page: Page, scene: Scene, where: str, width: int) -> Picture:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    file = f"{scene.name}-{where}.png"
    page.screenshot(path=PAGES / file, full_page=True)
    return Picture(file, scene, where)


def _write_index(taken: list[Picture]) -> None:
    by_scene: dict[Scene, list[Picture]] = {}
    for picture in taken:
        by_scene.setdefault(picture.scene, []).append(picture)
    parts = []
    for scene, pictures in by_scene.items():
        links = "".join(f'<a href="{one.file}"><img src="{one.file}" alt="" loading="lazy"><br>{one.where}</a>' for one in pictures)
        shows = f"{html.escape(scene.shows)}: <code>{html.escape(scene.path)}</code>"
        parts.append(f"<h2>{html.escape(scene.name)}</h2>\n<p>{shows}</p>\n<div>{links}</div>")
    style = "<style>div { display: flex; flex-wrap: wrap; gap: 1em } img { border: 1px solid #999; max-height: 24em; max-width: 22em }</style>"
    head = f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Samspel: the pages</title>\n{style}\n<h1>The pages</h1>\n'
    (PAGES / "index.html").write_text(head + "\n".join(parts) + "\n</html>\n", encoding="utf-8")


def _for_readme(stage: Stage, main_pages: list[Scene]) -> None:
    README.mkdir(parents=True, exist_ok=True)
    for scene in main_pages:
        if scene.name in SHOWN_FIRST:
            page = stage.open(scene)
            page.set_viewport_size({"width": SHOWN_WIDTH, "height": HEIGHT})
            target = README / f"{SHOWN_FIRST[scene.name]}.png"
            page.screenshot(path=target, clip={"x": 0, "y": 0, "width": SHOWN_WIDTH, "height": SHOWN_HEIGHT}, full_page=True)
            print(f"{target}  {target.stat().st_size // 1024} kB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
