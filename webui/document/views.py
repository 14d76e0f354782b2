"""One document, to be kept on the reader's computer and never opened within a page of ours."""

from __future__ import annotations

import io

from flask import Blueprint, send_file
from werkzeug.wrappers import Response

from engine.services import documents
from webui.house import person, runtime

document = Blueprint("document", __name__, url_prefix="/document")


@document.get("/<int:number>")
def show(number: int) -> Response:
    """Send a document; that it was read stands in its case's history."""
    found = documents.fetch(runtime(), person(), number)
    answer = send_file(io.BytesIO(found.content), mimetype=found.paper.media_type, as_attachment=True, download_name=found.paper.name)
    # Whatever a program makes of the content, it is not a page of this site.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
