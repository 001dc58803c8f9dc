"""The command `serve`: starts the page, prints its address and opens it in the browser."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import signal
from typing import TYPE_CHECKING

from extract_tool.server import Settings, open_server
from extract_tool.verdicts import checker_of
from synthmark.catalogue import languages
from synthmark.console import ExitCode, print_problem, print_text
from synthmark.errors import InputError

if TYPE_CHECKING:
    import argparse

__all__ = ["serve"]


def serve(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C, or until the system ends the process.

    Raises
    ------
    InputError
        When the port is taken.
    """
    checker = dataclasses.replace(checker_of(options), pictures=True)
    settings = Settings(
        checker=checker,
        language=languages(checker.config.language)[0],
        token=secrets.token_urlsafe(24),
        most_bytes=options.most << 20,
    )
    try:
        server = open_server(settings, options.port)
    except OSError as error:
        raise InputError(f"Port {options.port} cannot be used: {error.strerror or error}.") from error
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that uploads are deleted then, too
    with server, contextlib.suppress(KeyboardInterrupt):
        print_text(f"http://127.0.0.1:{server.server_port}/?token={settings.token}")
        print_problem("Open this address in a browser of this computer; Ctrl-C ends.")
        server.serve_forever()
    return ExitCode.FOUND
