"""Addresses of built files that change with their content, so that a browser may keep them for good."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

STATIC = Path(__file__).parent / "static"
MARK = "v"
"""Of the query: what the content's hash is called."""


def add_fingerprints(app: Flask) -> None:
    """Put the content's hash into every address of a built file. Called after the compression has been added, so as to come before it."""

    def mark(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and (known := fingerprint(str(values.get("filename", "")))):
            values[MARK] = known

    def read_whole(response: Response) -> Response:
        """Take the file into memory and close it, for whoever compresses it next leaves it open."""
        if request.endpoint == "static" and response.status_code == HTTPStatus.OK and response.direct_passthrough:
            response.direct_passthrough = False
            content = response.get_data()
            response.close()
            response.set_data(content)
        elif response.status_code == HTTPStatus.NOT_MODIFIED:
            response.close()
        return response

    app.url_defaults(mark)
    app.after_request(read_whole)


def fingerprint(file: str) -> str | None:
    """Return the hash of a built file's content, or none where there is no such file."""
    path = STATIC / file
    try:
        return _of(path, path.stat().st_mtime_ns) if path.is_file() else None
    except (OSError, ValueError):
        return None


def is_immutable() -> bool:
    """Whether the answer to this request will be the same for good: its address names the content that it has."""
    return request.endpoint == "static" and request.args.get(MARK) == fingerprint(str((request.view_args or {}).get("filename", "")))


@lru_cache(maxsize=64)
def _of(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
