"""A stand-in for the model hub, on this machine: as much of its protocol as fetching a model takes.

Small files are served by the hub itself, with a git hash for an ETag. Weights are kept elsewhere, as on the real one: the hub
answers with a redirect to another host, and tells size and ETag of what is there in headers of its own.
"""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

LARGE = (".bin", ".safetensors", ".h5", ".msgpack")


@dataclass(frozen=True)
class Repository:
    """Files of one commit, and the names that stand for it."""

    files: Mapping[str, bytes]
    commit: str
    branch: str = "main"


@dataclass
class Trouble:
    """What the hub does wrong, to whom it may."""

    status: int | None = None  # answered to everything
    hang_s: float = 0.0  # before each answer
    cut: bool = False  # a download ends in the middle
    no_hub: bool = False  # answers as any web server does, with a page and without the hub's headers


@dataclass
class Hub:
    """Serves repositories, `{"owner/name": Repository}`, at `endpoint` while it is entered; writes down what it was asked."""

    repositories: dict[str, Repository]
    trouble: Trouble = field(default_factory=Trouble)
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> "Hub":
        hub = self

        class Handler(_Handler):
            served = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def storage(self) -> str:
        """Another host by name, so that the client treats it as one."""
        return f"http://localhost:{self._server.server_port}/storage"

    def downloaded(self) -> list[str]:
        """The files that were fetched, not only looked up; weights by their hash."""
        return [line.rpartition("/")[2] for line in self.asked if line.startswith("GET") and "/api/" not in line]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Hub

    def log_message(self, *_: Any) -> None: ...

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.served.asked.append(f"{self.command} {path}")
        trouble = self.served.trouble
        # Not time.sleep, which tests take away from the client's retries.
        threading.Event().wait(trouble.hang_s)
        if trouble.status is not None:
            return self._send(b"trouble", status=trouble.status)
        if trouble.no_hub:
            return self._send(b"<html>Welcome</html>", {"Content-Type": "text/html"})
        if path.startswith("/storage/"):
            return self._stored(path.removeprefix("/storage/"))
        if path.startswith("/api/models/"):
            return self._about(path.removeprefix("/api/models/"))
        name, _, rest = path[1:].partition("/resolve/")
        revision, _, file = rest.partition("/")
        self._file(name, revision, file)

    def _find(self, name: str, revision: str | None) -> Repository | None:
        repository = self.served.repositories.get(name)
        if repository is None:
            # What the hub answers to whom it does not know: the repository may be private.
            self._error(401, "RepoNotFound", "Repository not found")
        elif revision not in (None, repository.commit, repository.branch):
            self._error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        else:
            return repository
        return None

    def _about(self, path: str) -> None:
        parts = path.split("/")
        repository = self._find("/".join(parts[:2]), parts[3] if len(parts) > 3 else None)
        if repository is None:
            return
        if parts[2:3] == ["tree"]:
            listed: Any = [_entry(name, content) for name, content in repository.files.items()]
        else:
            siblings = [{"rfilename": name} for name in repository.files]
            listed = {"id": "/".join(parts[:2]), "sha": repository.commit, "private": False, "siblings": siblings}
        self._send(json.dumps(listed).encode(), {"Content-Type": "application/json"})

    def _file(self, name: str, revision: str, file: str) -> None:
        repository = self._find(name, revision)
        if repository is None:
            return
        commit = {"X-Repo-Commit": repository.commit}
        content = repository.files.get(file)
        if content is None:
            self._error(404, "EntryNotFound", "Entry not found", commit)
        elif file.endswith(LARGE):
            stored = hashlib.sha256(content).hexdigest()
            linked = {"X-Linked-Size": str(len(content)), "X-Linked-ETag": f'"{stored}"'}
            self._send(b"", {**commit, **linked, "Location": f"{self.served.storage}/{stored}"}, status=302)
        else:
            self._send(content, {**commit, "ETag": f'"{_git_hash(content)}"'})

    def _stored(self, wanted: str) -> None:
        files = (content for one in self.served.repositories.values() for content in one.files.values())
        found = next((content for content in files if hashlib.sha256(content).hexdigest() == wanted), None)
        if found is None:
            self._send(b"", status=404)
        else:
            self._send(found, {"ETag": f'"{wanted}"'})

    def _error(self, status: int, code: str, message: str, more: Mapping[str, str] | None = None) -> None:
        told = {"X-Error-Code": code, "X-Error-Message": message, **(more or {})}
        self._send(json.dumps({"error": message}).encode(), told, status=status)

    def _send(self, body: bytes, headers: Mapping[str, str] | None = None, *, status: int = 200) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            if self.served.trouble.cut and self.path.startswith("/storage/"):
                body = body[: len(body) // 2]
                self.close_connection = True
            self.wfile.write(body)


def _git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _entry(name: str, content: bytes) -> dict[str, Any]:
    entry = {"type": "file", "path": name, "size": len(content), "oid": _git_hash(content)}
    if name.endswith(LARGE):
        entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    return entry
