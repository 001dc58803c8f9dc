"""Connections to the database of the registry: SQLite in a file, or PostgreSQL by URL."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from synthmark.errors import ConfigError, DependencyError, RegistryError

try:
    import sqlalchemy as sa
except ImportError as error:  # pragma: no cover - a normal dependency
    raise DependencyError("The registry needs the library SQLAlchemy: pip install sqlalchemy") from error

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Database", "shown_location"]

_BUSY_SECONDS = 60
_LOCK: Final = 0x73796E746D61726B  # "synthmark" in part: the advisory lock of those who append
_WRITES = "synthmark_writes"
_inherited: list[sa.Engine] = []  # of the parent process; never closed here, since its locks would be lost


class Database:
    """Where the registry lies. Safe to share between threads, across fork, and to send to a spawned process.

    Parameters
    ----------
    location
        Path of an SQLite file, or URL: sqlite:///..., postgresql://user@host/name.
    create
        Whether to make an SQLite file that is missing.

    Raises
    ------
    ConfigError
        When the URL is wrong, or of another kind of database.
    RegistryError
        When the file is missing or cannot be made.
    """

    def __init__(self, location: str | Path, *, create: bool) -> None:
        self.location = location
        self._url = _url_of(location)
        self._sqlite = self._url.get_backend_name() == "sqlite"
        if self._sqlite:
            _require_file(Path(str(self._url.database)), create=create)
        self._connect()

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (self.location,)

    def __str__(self) -> str:
        return shown_location(self.location)

    def _connect(self) -> None:
        self._process = os.getpid()
        with self._translated():
            self._engine = _sqlite_engine(self._url) if self._sqlite else _postgresql_engine(self._url)

    def _own_engine(self) -> sa.Engine:
        """Return the engine; in a forked process a new one, since connections must not cross a fork."""
        if self._process != os.getpid():
            _inherited.append(self._engine)
            self._connect()
        return self._engine

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction that sees the database as it is at its first query, whatever others write."""
        with self._translated(), self._own_engine().connect() as connection:
            if not self._sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that no other writer shares; it waits for its turn, and is undone on an error."""
        with self._translated(), self._own_engine().connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                if not self._sqlite:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                yield connection

    def close(self) -> None:
        """Close all connections of this process."""
        if self._process == os.getpid():
            self._engine.dispose()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn errors of the database into ours, without the password of the URL."""
        try:
            yield
        except sa.exc.NoSuchModuleError as error:
            raise ConfigError(f"The registry {self} is of a kind that is not supported: {error}") from error
        except sa.exc.SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or error).strip().splitlines()
            raise RegistryError(f"The registry {self} cannot be used: {cause[0] if cause else error}") from error
        except ModuleNotFoundError as error:
            raise DependencyError(f"The registry {self} needs: pip install synthmark[postgresql]") from error


def _reopened(location: str | Path) -> Database:
    return Database(location, create=False)


def shown_location(location: str | Path) -> str:
    """Return a path or URL without its password."""
    if isinstance(location, Path) or "://" not in location:
        return str(location)
    try:
        return sa.make_url(location).render_as_string(hide_password=True)
    except (sa.exc.ArgumentError, ValueError):
        return location.partition("://")[0] + "://..."


def _url_of(location: str | Path) -> sa.URL:
    if isinstance(location, Path) or "://" not in location:
        return sa.URL.create("sqlite", database=str(Path(location).expanduser().absolute()))
    try:
        url = sa.make_url(location)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise ConfigError(f"{shown_location(location)} is no URL of a database.") from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        raise ConfigError(
            f"The registry is {shown_location(location)}; the path of an SQLite file, or a URL that begins with "
            "postgresql:// is needed."
        )
    return url.set(drivername="sqlite", database=str(Path(str(url.database)).absolute()))


def _require_file(path: Path, *, create: bool) -> None:
    """Make the file if it may be made: readable by its owner alone, since records name people."""
    if path.is_file():
        return
    if not create or path.exists():
        raise RegistryError(f"There is no registry at {path}; `synthmark init` makes one.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600))
    except OSError as error:
        raise RegistryError(f"The registry {path} cannot be made: {error.strerror or error}.") from error


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    """Return an engine that begins transactions itself: pysqlite would begin them late, and never at once."""
    options = {"isolation_level": None, "timeout": _BUSY_SECONDS}
    engine = sa.create_engine(url, connect_args=options, pool_size=5, max_overflow=20)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - of sqlite3
        # With WAL, NORMAL loses no transaction when a process dies; a power failure may take the last ones.
        for setting in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {setting}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: sa.URL) -> sa.Engine:
    return sa.create_engine(url, pool_size=5, max_overflow=20, pool_pre_ping=True)
