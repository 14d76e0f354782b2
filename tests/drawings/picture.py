"""Pictures the drawings with bpmn-js, as PNG and SVG beside an index, into the ignored folder pictures/.

    python -m tests.drawings.picture [FILE ...]     without files: all of processes/

Says at once which rules of layout a drawing breaks, with the texts as the browser measured them.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.drawings.layout import faults
from tests.drawings.modeler import TOP, Opened, modeler
from tests.drawings.plan import Plan, read

PICTURES = TOP / "pictures"


def faults_seen(path: Path, opened: Opened) -> list[str]:
    """Return what bpmn-js warns of, and the broken rules of layout where the browser wrote the texts."""
    plan = read(path)
    return [f"warning: {warning}" for warning in opened.warnings] + faults(_measured(plan, opened)) + list(_words_broken(plan, opened))


def _measured(plan: Plan, opened: Opened) -> Plan:
    for drawn in (*plan.shapes.values(), *plan.flows.values()):
        text = opened.texts.get(f"{drawn.id}_label")
        if drawn.label is not None and text is not None:
            drawn.label = text.box
    return plan


def _words_broken(plan: Plan, opened: Opened) -> Iterator[str]:
    for drawn in (*plan.shapes.values(), *plan.flows.values()):
        text = opened.texts.get(drawn.id) or opened.texts.get(f"{drawn.id}_label")
        if text is not None and " ".join(text.lines).split() != drawn.name.split():
            yield f"{drawn.id}: its text is written {' / '.join(text.lines)!r}, make room for {drawn.name!r}"


def drawings() -> list[Path]:
    """Return every shipped drawing."""
    return sorted((TOP / "processes").rglob("*.bpmn"))


def main(names: list[str]) -> int:
    """Picture the files; the exit status is 1 where a drawing breaks a rule."""
    paths = [Path(name).resolve() for name in names] or drawings()
    PICTURES.mkdir(exist_ok=True)
    count = 0
    with modeler() as bpmn_js:
        for path in paths:
            opened = bpmn_js.open(path.read_text(encoding="utf-8"))
            (PICTURES / f"{path.stem}.svg").write_text(opened.svg, encoding="utf-8")
            bpmn_js.photograph(opened.svg, PICTURES / f"{path.stem}.png")
            found = faults_seen(path, opened)
            count += len(found)
            print(f"{PICTURES / path.stem}.png  {len(found)} faults")
            for fault in found:
                print(f"  {fault}")
    _write_index()
    return 1 if count else 0


def _write_index() -> None:
    figures = "\n".join(
        f'<h2>{html.escape(svg.stem)}</h2>\n<a href="{html.escape(svg.name)}"><img src="{html.escape(svg.name)}" alt="{html.escape(svg.stem)}"></a>'
        for svg in sorted(PICTURES.glob("*.svg"))
    )
    style = "<style>img { max-width: 100% }</style>"
    head = f'<!doctype html>\n<html lang="sv">\n<meta charset="utf-8">\n<title>Samspel: ritningarna</title>\n{style}\n'
    (PICTURES / "index.html").write_text(f"{head}{figures}\n</html>\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
