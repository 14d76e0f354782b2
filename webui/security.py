"""What browsers are told about what a page may do, on every answer."""

from __future__ import annotations

from flask import Flask, Response, request

from webui.fingerprints import is_immutable

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{what} {where}" for what, where in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def add_headers(app: Flask) -> None:
    """Put the headers on every answer; pages are kept by no cache, built files for good where their address changes with their content."""

    def secured(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        response.headers["Cache-Control"] = _kept()
        return response

    app.after_request(secured)


def _kept() -> str:
    if request.endpoint != "static":
        return "no-store"
    return "public, max-age=31536000, immutable" if is_immutable() else "no-cache"
