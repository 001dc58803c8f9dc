"""Files that URLs name: downloaded whole, uploaded whole or not at all, and clear errors."""

import io
from pathlib import Path

import fsspec
import pytest
from PIL import Image

import synthmark
from synthmark import Config
from synthmark.errors import AlreadyLabelledError, DamagedMediaError, InputError, MediaError
from synthmark.registry import open_registry
from synthmark.remote import RemoteFile, staged_target, to_place

CONFIG = Config(producer="Example-Studio", watermark=False)


@pytest.fixture
def store():
    """The file system of `memory://`, empty."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    return system


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").resize((160, 160)).save(buffer, "PNG")
    return buffer.getvalue()


def test_urls_and_paths_are_told_apart():
    assert to_place("s3://bucket/a b.png") == RemoteFile("s3://bucket/a b.png")
    assert to_place("S3://bucket/sub/") == RemoteFile("s3://bucket/sub")
    assert to_place("file:///tmp/a.png") == Path("/tmp/a.png")
    assert to_place("C:/a.png") == Path("C:/a.png")
    assert to_place(Path("a")) == Path("a")
    found = to_place("s3://bucket/sub") / Path("deep/a.png")
    assert (str(found), found.name, str(found.parent)) == (
        "s3://bucket/sub/deep/a.png",
        "a.png",
        "s3://bucket/sub/deep",
    )


@pytest.mark.parametrize("url", ["s3://", "simplecache::s3://bucket/a", "sftp://user:secret@host/a"])
def test_urls_that_cannot_be_used_are_refused_without_the_password(url):
    if "::" in url:
        assert isinstance(to_place(url), Path)  # no scheme, so the name of a file that is not there
        return
    with pytest.raises(InputError) as caught:
        to_place(url)
    assert "secret" not in str(caught.value)


def test_a_picture_is_labelled_from_store_to_store(store):
    store.pipe("/in/a.png", picture())
    record = synthmark.label_file("memory://in/a.png", "memory://out/sub/a.png", CONFIG)
    assert (record.source, record.target) == ("memory://in/a.png", "memory://out/sub/a.png")
    assert record.as_json()["record"]["target"] == "memory://out/sub/a.png"
    assert store.find("/out") == ["/out/sub/a.png"]
    report = synthmark.verify_file("memory://out/sub/a.png")
    assert report.verdict == "labelled"
    assert report.file.name == "a.png"
    assert report.file.sha256 == record.sha256_after
    with pytest.raises(AlreadyLabelledError, match=r"memory://out/sub/a\.png carries"):
        synthmark.label_file("memory://out/sub/a.png", "memory://out/b.png", CONFIG)


def test_what_fails_leaves_the_store_as_it_was(store):
    store.pipe({"/in/bad.png": picture()[:200], "/out/bad.png": b"theirs"})
    with pytest.raises(DamagedMediaError, match="cannot be decoded"):
        synthmark.label_file("memory://in/bad.png", "memory://out/bad.png", CONFIG)
    with pytest.raises(MediaError, match=r"memory://in/none\.png does not exist"):
        synthmark.label_file("memory://in/none.png", "memory://out/none.png", CONFIG)
    with pytest.raises(InputError, match="one file"):
        synthmark.label_file("memory://in/bad.png", "memory://in/bad.png", CONFIG)
    assert {name: store.cat(name) for name in store.find("/out")} == {"/out/bad.png": b"theirs"}


def test_an_upload_that_breaks_off_leaves_nothing(store, monkeypatch):
    def half(self, local, remote, **_options):
        self.pipe_file(remote, Path(local).read_bytes()[:10])
        raise OSError("the connection was lost")

    monkeypatch.setattr(type(store), "put_file", half)
    store.pipe({"/in/a.png": picture(), "/out/a.png": b"theirs"})
    with pytest.raises(MediaError, match=r"memory://out/a\.png cannot be written: the connection was lost"):
        synthmark.label_file("memory://in/a.png", "memory://out/a.png", CONFIG)
    assert {name: store.cat(name) for name in store.find("/out")} == {"/out/a.png": b"theirs"}


def test_an_upload_that_is_short_is_told_and_undone(store, monkeypatch):
    def short(self, local, remote, **_options):
        self.pipe_file(remote, Path(local).read_bytes()[:10])

    monkeypatch.setattr(type(store), "put_file", short)
    with (
        pytest.raises(MediaError, match="has 10 bytes; 11 was written"),
        staged_target(RemoteFile("memory://out/a")) as path,
    ):
        path.write_bytes(b"hello world")
    assert store.find("/out") == []


def test_local_copies_are_private_and_go(store):
    store.pipe("/in/a.png", picture())
    with staged_target(RemoteFile("memory://out/a.png")) as path:
        assert path.name == "a.png"
        assert path.parent.stat().st_mode & 0o077 == 0
        path.write_bytes(b"x")
    assert not path.parent.exists()
    assert store.cat("/out/a.png") == b"x"


def test_stores_that_are_unknown_or_only_read_are_told(tmp_path):
    with pytest.raises(MediaError, match="nonsense://a/b cannot be looked at: Protocol not known"):
        RemoteFile("nonsense://a/b").version()
    with pytest.raises(InputError, match="can only be read"):
        RemoteFile("https://example.org/a.png").put(tmp_path)


def test_a_labeler_records_what_it_uploads(store, tmp_path):
    store.pipe("/in/a.png", picture())
    config = Config(producer="Example-Studio", watermark=False, registry=tmp_path / "registry.sqlite")
    labeler = synthmark.Labeler(config)
    record = labeler.label_file("memory://in/a.png", "memory://out/a.png")
    labeler.close()
    with open_registry(tmp_path / "registry.sqlite") as registry:
        (stored,) = registry.find_content_id(int(record.content_id, 16))
    assert (stored.record.source, stored.record.sha256_after) == ("memory://in/a.png", record.sha256_after)
