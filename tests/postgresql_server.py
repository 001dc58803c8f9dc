"""A PostgreSQL server of the tests' own: private, in a temporary folder, reached through a socket in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEBIAN = "/usr/lib/postgresql/*/bin/initdb"


def server_programs() -> Path | None:
    """Return the folder with `initdb` and `pg_ctl`, which Debian keeps off the path; None without a server."""
    found = shutil.which("initdb")
    newest = max(Path("/").glob(_DEBIAN[1:]), default=None, key=lambda path: int(path.parts[-3]))
    return Path(found).parent if found else newest and newest.parent


@contextlib.contextmanager
def running_server(programs: Path) -> Iterator[str]:
    """Start a server and give its URL; as root it runs as an unprivileged user, as PostgreSQL demands."""
    folder = Path(tempfile.mkdtemp(prefix="synthmark-postgresql-"))
    owner = _unprivileged_user()
    try:
        if owner:
            shutil.chown(folder, owner)
        data, socket = folder / "data", quote(str(folder), safe="")
        _run(owner, programs / "initdb", "-A", "trust", "-U", "synthmark", "-E", "UTF8", "--no-sync", "-D", data)
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=40"
        control = (programs / "pg_ctl", "-D", data, "-w", "-t", "60")
        _run(owner, *control, "-l", folder / "log", "-o", settings, "start")
        try:
            yield f"postgresql://synthmark@/postgres?host={socket}"
        finally:
            _run(owner, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_user() -> str | None:
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(owner: str | None, *command: object) -> None:
    words = [str(word) for word in command]
    options = {"user": owner, "group": _group(owner), "extra_groups": []} if owner else {}
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd="/", **options)


def _group(owner: str) -> int:
    import pwd

    return pwd.getpwnam(owner).pw_gid
