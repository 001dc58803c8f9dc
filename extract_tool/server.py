"""The local page and its API: on 127.0.0.1, for whoever has the token, and closed to web sites.

A web site could try to reach this server through the browser of its user. Every request must therefore name this
server as its Host (against DNS rebinding) and, where it names an Origin, this one; pages and API need the token that
the command prints. The page sends it in a header, which other sites cannot do without leave.
"""

from __future__ import annotations

import hmac
import json
import tempfile
import threading
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from extract_tool import pages
from extract_tool.checking import NAME, Checked, Checker
from extract_tool.sandbox import Sandbox
from synthmark.errors import SynthmarkError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Server", "Settings", "open_server"]

_CHUNK = 1 << 20
_LONGEST_NAME = 200
_SECONDS_TO_SEND = 60  # without a byte from the browser
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How the server works.

    Attributes
    ----------
    checker
        How files are checked.
    language
        Of the page when it opens, `en` or `zh`.
    token
        What a request must know.
    most_bytes
        Size of one file.
    """

    checker: Checker
    language: str
    token: str
    most_bytes: int


def open_server(settings: Settings, port: int = 0) -> Server:
    """Return a server that listens on 127.0.0.1 and does not serve yet.

    Raises
    ------
    OSError
        When the port is taken.
    """
    return Server(settings, port)


class Server(ThreadingHTTPServer):
    """A server with one sandbox: files are checked one after another, so that memory stays bounded."""

    daemon_threads = True

    def __init__(self, settings: Settings, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.settings = settings
        self._turn = threading.Lock()
        self._sandbox = Sandbox(settings.checker.limits)
        self._uploads = tempfile.TemporaryDirectory(prefix=f"{NAME}-", ignore_cleanup_errors=True)

    @property
    def uploads(self) -> str:
        """A folder of this user alone for files that are being checked; it goes when the server closes."""
        return self._uploads.name

    def check(self, path: Path) -> Checked:
        """Check a file when it is its turn."""
        with self._turn:
            return self.settings.checker.check(path, self._sandbox)

    def server_close(self) -> None:
        """Stop listening, end the sandbox, and delete what was uploaded."""
        super().server_close()
        self._sandbox.interrupt()
        self._uploads.cleanup()

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The names under which a browser of this computer reaches this server."""
        return frozenset(f"{name}:{self.server_port}" for name in ("127.0.0.1", "localhost"))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What goes back to the browser."""

    body: bytes
    media_type: str = "application/json"
    status: HTTPStatus = HTTPStatus.OK
    headers: dict[str, str] = field(default_factory=dict)


class _RefusedError(Exception):
    """A request that is not answered; the status and a sentence say why."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version, sys_version = NAME, ""
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS_TO_SEND

    def log_message(self, *_arguments: object) -> None:
        """Log nothing: addresses hold the token."""

    def do_GET(self) -> None:
        """Answer with the page, its parts, or the description of the API."""
        self._answer({"/": _Handler._page, **self._ASSETS})

    def do_POST(self) -> None:
        """Check a file, or write a report as PDF or HTML."""
        self._answer({"/api/v1/verify": _Handler._verify, "/api/v1/report": _Handler._report})

    def _answer(self, routes: dict[str, Callable[[_Handler], _Answer]]) -> None:
        try:
            self._require_local()
            answer = routes.get(urlsplit(self.path).path, _Handler._nothing)(self)
        except _RefusedError as refused:
            self.close_connection = True  # what was not read of the request must not be taken for the next one
            answer = _Answer(_json({"error": str(refused)}), status=refused.status)
        self._send(answer)

    def _nothing(self) -> _Answer:
        raise _RefusedError(HTTPStatus.NOT_FOUND, "There is nothing at this address.")

    def _send(self, answer: _Answer) -> None:
        self.send_response(answer.status)
        headers = {"Content-Type": answer.media_type, "Content-Length": str(len(answer.body))}
        for name, value in (_HEADERS | headers | answer.headers).items():
            self.send_header(name, value)
        try:
            self.end_headers()
            self.wfile.write(answer.body)
        except OSError:  # the browser went away, which is its right
            self.close_connection = True

    def _require_local(self) -> None:
        """Refuse requests that a web site made the browser send."""
        if self.headers.get("Host", "") not in self.server.hosts:
            raise _RefusedError(HTTPStatus.MISDIRECTED_REQUEST, "This server has another name.")
        origin = self.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in self.server.hosts:
            raise _RefusedError(HTTPStatus.FORBIDDEN, "Requests of other pages are refused.")

    def _query(self, name: str) -> str:
        return (parse_qs(urlsplit(self.path).query).get(name) or [""])[0]

    def _require_token(self, given: str) -> None:
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self.server.settings.token.encode()):
            raise _RefusedError(
                HTTPStatus.UNAUTHORIZED, "The token is missing or wrong: open the address that was printed."
            )

    def _require_header_token(self) -> None:
        self._require_token(self.headers.get("Authorization", "").removeprefix("Bearer "))

    def _page(self) -> _Answer:
        self._require_token(self._query("token"))
        settings = self.server.settings
        return _Answer(pages.page(settings.language, settings.most_bytes).encode(), "text/html; charset=utf-8")

    def _script(self) -> _Answer:
        return _Answer(pages.asset("page.js"), "text/javascript; charset=utf-8")

    def _style(self) -> _Answer:
        return _Answer(pages.asset("page.css"), "text/css; charset=utf-8")

    def _description(self) -> _Answer:
        return _Answer(_json(pages.api_description(self.server.server_port)))

    _ASSETS: ClassVar[dict[str, Callable[[_Handler], _Answer]]] = {
        "/page.js": _script,
        "/page.css": _style,
        "/api/v1/openapi.json": _description,
    }

    def _verify(self) -> _Answer:
        """Take one file as the body of the request, check it and delete it."""
        self._require_header_token()
        name = _file_name(self._query("name"))
        length = self._length()
        with tempfile.TemporaryDirectory(dir=self.server.uploads, ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "file"
            self._receive(path, length)
            checked = self.server.check(path)
        report = dict(checked.report) | {"file": dict(checked.report["file"]) | {"name": name}}
        wanted = self._query("pictures") == "1"
        return _Answer(_json({"report": report, "pictures": dict(checked.pictures)} if wanted else report))

    def _length(self) -> int:
        text = self.headers.get("Content-Length", "")
        if not text.isascii() or not text.isdigit():
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED, "The request must state its length.")
        if int(text) > self.server.settings.most_bytes:
            most = self.server.settings.most_bytes
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A file may have {most} bytes at most.")
        return int(text)

    def _receive(self, path: Path, length: int) -> None:
        """Write the body of the request to a file that only this user can read."""
        with path.open("wb") as file:
            while length:
                block = self.rfile.read(min(_CHUNK, length))
                if not block:
                    raise _RefusedError(HTTPStatus.BAD_REQUEST, "The request ended early.")
                file.write(block)
                length -= len(block)

    def _report(self) -> _Answer:
        """Write a report that the page holds as HTML or PDF."""
        self._require_header_token()
        content = self._content()
        form, language = self._query("form"), self._query("language")
        if form not in {"html", "pdf"} or language not in {"en", "zh"}:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "form must be html or pdf, language en or zh.")
        try:
            return _written(form, content, language)
        except (SynthmarkError, KeyError, TypeError, ValueError, AttributeError, IndexError, StopIteration) as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, f"This is no report: {type(error).__name__}.") from error

    def _content(self) -> dict[str, Any]:
        try:
            content = json.loads(self.rfile.read(self._length()))
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict) or not isinstance(content.get("report"), dict):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "A JSON object with a report is needed.")
        return content


def _written(form: str, content: dict[str, Any], language: str) -> _Answer:
    from extract_tool.report_html import report_html
    from extract_tool.report_pdf import report_pdf

    report, pictures = content["report"], content.get("pictures") or {}
    if form == "pdf":
        return _Answer(report_pdf(report, pictures, (language,)), "application/pdf")
    page = report_html(report, pictures, (language,)).encode("utf-8", "backslashreplace")
    return _Answer(page, "text/html; charset=utf-8", headers={"Content-Disposition": "attachment"})


def _file_name(text: str) -> str:
    """Return the name a file had, without folders, which is only shown."""
    return unquote(text).replace("\\", "/").rsplit("/", 1)[-1][:_LONGEST_NAME] or "file"


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=True, allow_nan=False).encode("ascii")
