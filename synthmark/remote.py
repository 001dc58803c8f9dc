"""Files in object stores and on other machines, named by URL: s3://bucket/photo.png, gs://..., memory://...

fsspec reads and writes them. Work is done on local copies in a folder that only this user can read. A file is
uploaded once it is complete: object stores put objects in place whole, elsewhere it is uploaded under another name
and renamed.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from synthmark.errors import DependencyError, InputError, MediaError, SynthmarkError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Place", "RemoteFile", "staged", "staged_source", "staged_target", "to_place"]

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "cos", "obs", "tos"})
_READ_ALONE = frozenset({"http", "https"})
_VERSIONS = ("ETag", "etag", "md5Hash", "content_md5", "checksum")
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file or folder that a URL names; it need not exist.

    Attributes
    ----------
    url
        In the form of `to_place`.
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: Path | str) -> RemoteFile:
        """Return what lies below."""
        return RemoteFile(f"{self.url.rstrip('/')}/{Path(name).as_posix()}")

    @property
    def name(self) -> str:
        """The last part of the URL."""
        return self.url.rstrip("/").rpartition("/")[2]

    @property
    def parent(self) -> RemoteFile:
        """What it lies in."""
        return RemoteFile(self.url.rstrip("/").rpartition("/")[0])

    @property
    def scheme(self) -> str:
        """What stands before ``://``."""
        return self.url.partition("://")[0]

    def exists(self) -> bool:
        """Return whether there is such a file.

        Raises
        ------
        MediaError
            When the store does not answer.
        """
        return self.version() is not None

    def version(self) -> str | None:
        """Return a text that is another one when the content is; None where there is no file.

        Raises
        ------
        MediaError
            When the store does not answer.
        """
        with self._trouble("cannot be looked at"):
            facts = self._facts()
        return None if facts is None else _version(facts)

    def head(self, count: int) -> bytes:
        """Return the first bytes of the file.

        Raises
        ------
        MediaError
            When it cannot be read.
        """
        with self._trouble("cannot be read"):
            system, path = self._system()
            return bytes(system.cat_file(path, start=0, end=count))

    def below(self) -> Iterator[tuple[str, ...]]:
        """Yield the names of the files below a folder, as their parts; none for what is no folder.

        Raises
        ------
        MediaError
            When the store does not answer.
        """
        with self._trouble("cannot be listed"):
            system, path = self._system()
            root = path.rstrip("/")
            try:
                for folder, _folders, files in system.walk(path, detail=True, on_error="raise"):
                    inner = [part for part in folder[len(root) :].split("/") if part]
                    yield from ((*inner, name) for name in files if name)
            except FileNotFoundError:
                return

    def fetch(self, path: Path) -> None:
        """Copy the file to a local path.

        Raises
        ------
        MediaError
            When it is missing or cannot be read.
        """
        with self._trouble("cannot be read"):
            system, remote = self._system()
            facts = self._facts()
            if facts is None:
                raise MediaError(f"{self} does not exist.")
            system.get_file(remote, str(path))
            _require_size(self, facts, path, "was read")

    def put(self, path: Path) -> None:
        """Upload a local file; until it is there whole, nothing has changed.

        Raises
        ------
        InputError
            When the URL is one for reading.
        MediaError
            When it cannot be written.
        """
        if self.scheme in _READ_ALONE:
            raise InputError(f"{self} can only be read; write to a folder, or to a store such as s3://.")
        with self._trouble("cannot be written"):
            system, remote = self._system()
            if self.scheme in _WHOLE:
                system.put_file(str(path), remote)
            else:
                self._put_and_rename(system, path, remote)
            _require_size(self, self._facts() or {}, path, "was written")

    def _put_and_rename(self, system: Any, path: Path, remote: str) -> None:  # noqa: ANN401 - of fsspec, untyped
        folder = remote.rpartition("/")[0]
        draft = f"{folder}/.synthmark-{secrets.token_hex(8)}"
        system.makedirs(folder, exist_ok=True)
        try:
            system.put_file(str(path), draft)
            _require_size(self, system.info(draft), path, "was written")
            system.mv(draft, remote)
        except BaseException:
            with contextlib.suppress(Exception):
                system.rm_file(draft)
            raise

    def _facts(self) -> Mapping[str, Any] | None:
        """Return what the store says of the file; None where there is none."""
        system, path = self._system()
        try:
            facts: Mapping[str, Any] = system.info(path)
        except FileNotFoundError:
            return None
        return None if facts.get("type") == "directory" else facts

    def _system(self) -> tuple[Any, str]:
        return _system(self.url)

    @contextlib.contextmanager
    def _trouble(self, what: str) -> Iterator[None]:
        """Turn whatever a store or its library raises into our errors, which name the URL."""
        try:
            yield
        except SynthmarkError:
            raise
        except ImportError as error:
            raise DependencyError(f"{self.scheme}:// needs a further library: {error}.") from error
        except Exception as error:  # each store has errors of its own
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise MediaError(f"{self} {what}: {reason}.") from error


Place: TypeAlias = Path | RemoteFile
"""A file or folder: on this machine, or anywhere that a URL can name."""


def to_place(text: str | Path) -> Place:
    """Return the place that a text names: a path, or a URL.

    Raises
    ------
    InputError
        When a URL holds a password, several steps, or no name.
    """
    found = None if isinstance(text, Path) else _URL.fullmatch(text)
    if found is None:
        return Path(text)
    scheme, rest = found[1].lower(), found[2]
    if scheme == "file":
        return Path(rest)
    shown = f"{scheme}://{rest.rpartition('@')[2]}"
    if "::" in str(text):
        raise InputError(f"{shown} chains several URLs; name one.")
    if ":" in rest.partition("/")[0].rpartition("@")[0]:
        raise InputError(f"The URL {shown} holds a password; keep it in the configuration of the store.")
    if not rest.strip("/"):
        raise InputError(f"{shown} names no file and no folder.")
    return RemoteFile(f"{scheme}://{rest.rstrip('/')}")


@contextlib.contextmanager
def staged(source: Place, target: Place) -> Iterator[tuple[Path, Path]]:
    """Give local files in place of a source and a target; see `staged_source` and `staged_target`.

    Raises
    ------
    InputError
        When both are one.
    """
    if source == target and isinstance(source, RemoteFile):
        raise InputError(f"Source and target are one file ({target}): a source is never overwritten.")
    with staged_source(source) as read, staged_target(target) as written:
        yield read, written


@contextlib.contextmanager
def staged_source(source: Place) -> Iterator[Path]:
    """Give a local file with the content and the name of a source.

    Errors that are raised in the block name the source, not the local file.

    Raises
    ------
    MediaError
        When the source cannot be read.
    """
    if isinstance(source, Path):
        yield source
        return
    from synthmark.files.staging import private_folder  # noqa: PLC0415 - most runs need none

    with private_folder() as folder:
        local = Path(folder, source.name)
        source.fetch(local)
        with _named(local, source):
            yield local


@contextlib.contextmanager
def staged_target(target: Place) -> Iterator[Path]:
    """Give a local path, with the name of the target, to write to; the file is uploaded when the block ends well.

    Raises
    ------
    MediaError
        When the target cannot be written; it is as it was then.
    """
    if isinstance(target, Path):
        yield target
        return
    from synthmark.files.staging import private_folder  # noqa: PLC0415 - most runs need none

    with private_folder() as folder:
        local = Path(folder, target.name)
        with _named(local, target):
            yield local
        target.put(local)


@contextlib.contextmanager
def _named(local: Path, place: RemoteFile) -> Iterator[None]:
    """Let the errors of a block name the place that a local file stands for."""
    try:
        yield
    except SynthmarkError as error:
        error.args = tuple(arg.replace(str(local), str(place)) if isinstance(arg, str) else arg for arg in error.args)
        raise


def _system(url: str) -> tuple[Any, str]:
    """Return fsspec's file system for a URL, and the path in it."""
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DependencyError(f"{url} needs the library fsspec: pip install synthmark[remote]") from error
    system, path = url_to_fs(url, use_listings_cache=False)
    return system, str(path)


def _version(facts: Mapping[str, Any]) -> str:
    for name in _VERSIONS:
        if facts.get(name):
            return f"{facts.get('size')} {facts[name]}"
    times = [str(facts[name]) for name in _TIMES if facts.get(name) is not None]
    return " ".join([str(facts.get("size")), *times[:1]])


def _require_size(file: RemoteFile, facts: Mapping[str, Any], path: Path, what: str) -> None:
    """Compare the sizes of a file and its local copy, where the store tells them."""
    size, local = facts.get("size"), path.stat().st_size
    if size is not None and size != local:
        raise MediaError(f"{file} has {size} bytes; {local} {what}. Try again.")
