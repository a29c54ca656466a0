"""The page that people see at ``/``: files of this package, read once, sent with a policy that lets nothing else in.

``/`` is asked for anew each time; all it names lies under ``/page/HASH/``, where the hash is of all files together. So a browser
may keep those for good, and never mixes two versions.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from serving.errors import ServiceError

__all__ = ["HEADERS", "is_page", "respond"]

FOLDER = Path(__file__).resolve().parent / "static"
INDEX = "index.html"
# `index.html` names its files so; the server puts the hash in.
PREFIX = "/page/HASH/"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    zipped: bytes
    kind: str
    etag: str
    cache: str


def is_page(path: str) -> bool:
    """Whether a path is the page's, which is open to all: it holds no secret, and the sign-in form is part of it."""
    return path == "/" or path.startswith("/page/")


def respond(request: Request, path: str) -> Response:
    """The file, or that the browser has it.

    Raises:
        ServiceError: 404 or 405.
    """
    if request.method not in ("GET", "HEAD"):
        raise ServiceError(
            405, "method_not_allowed", "the page takes GET and HEAD alone", headers={"Allow": "GET, HEAD"}
        )
    found = _FILES.get(path)
    if found is None:
        raise ServiceError(404, "not_found", "the page has no such file, or it is of another version; load / anew")
    headers = {**HEADERS, "Cache-Control": found.cache, "ETag": found.etag, "Vary": "Accept-Encoding"}
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = found.content
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = found.zipped
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers={**headers, "Content-Type": found.kind})


def _read(folder: Path) -> dict[str, _File]:
    contents = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in TYPES}
    version = hashlib.sha256(b"\0".join(name.encode() + b"\0" + one for name, one in contents.items())).hexdigest()[:16]
    index = contents.pop(INDEX).replace(PREFIX.encode(), f"/page/{version}/".encode())
    files = {"/": _file(INDEX, index, cache="no-cache")}
    for name, content in contents.items():
        files[f"/page/{version}/{name}"] = _file(name, content, cache="public, max-age=31536000, immutable")
    return files


def _file(name: str, content: bytes, *, cache: str) -> _File:
    # Weak: the same file stands for its zipped bytes, too.
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:24]}"'
    return _File(content, gzip.compress(content, mtime=0), TYPES[Path(name).suffix], etag, cache)


_FILES = _read(FOLDER)
