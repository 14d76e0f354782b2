"""Lets Lighthouse judge the main pages: ``python -m tests.webui.lighthouse`` prints its marks, and what it holds against a page.

Fetched from npm when it is asked for (``make lighthouse``), for it brings 240 packages that nothing else wants. The exit status is 1 where
accessibility or best practices are below 100.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.browser import QUIET, path_of_chromium, served
from tests.webui import demonstration, scenes

VERSION = "12.8.2"
"""The newest that runs on Node 20."""
JUDGED = ("accessibility", "best-practices")
COMMAND = shlex.split(os.environ.get("LIGHTHOUSE", f"npx --yes lighthouse@{VERSION}"))


def main() -> int:
    """Judge each main page as it is on a busy day."""
    worst = 100
    with tempfile.TemporaryDirectory(prefix="samspel-lighthouse-") as made:
        folder = Path(made)
        with demonstration.opened(demonstration.filled(folder)) as app, served(app) as address:
            for scene in (scene for scene in scenes.scenes(app) if scene.state == "full"):
                cookie = demonstration.client_of(app, scene.person).get_cookie("session")
                assert cookie is not None
                (folder / "headers.json").write_text(json.dumps({"Cookie": f"session={cookie.value}"}))
                marks, against = judged(f"{address}{scene.path}", folder)
                worst = min(worst, *marks.values())
                print(f"{scene.page:<10}", *(f"{name} {mark}" for name, mark in marks.items()), *against, sep="  ", flush=True)
    return 0 if worst == 100 else 1


def judged(url: str, folder: Path) -> tuple[dict[str, int], list[str]]:
    """Return the marks of a page by category, of 100, and the audits that it did not pass."""
    options = [f"--only-categories={','.join(JUDGED)}", "--output=json", f"--output-path={folder / 'told.json'}", "--quiet"]
    flags = " ".join(["--headless", *QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])])
    headers = f"--extra-headers={folder / 'headers.json'}"
    with_chromium = {**os.environ, "CHROME_PATH": path_of_chromium() or ""}
    subprocess.run([*COMMAND, url, *options, headers, f"--chrome-flags={flags}"], env=with_chromium, check=True)
    told = json.loads((folder / "told.json").read_text())
    marks = {name: round(told["categories"][name]["score"] * 100) for name in JUDGED}
    counted = {one["id"] for name in JUDGED for one in told["categories"][name]["auditRefs"] if one["weight"]}
    return marks, [f"{name}: {audit['title']}" for name, audit in told["audits"].items() if name in counted and audit["score"] not in (None, 1)]


if __name__ == "__main__":
    sys.exit(main())
