"""The local server: whom it answers, what it refuses, and what it leaves behind."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import jsonschema
import pytest
import skimage.data
from PIL import Image

import synthmark
from extract_tool.checking import Checker
from extract_tool.pages import api_description
from extract_tool.server import Settings, open_server

TOKEN = "a-token-for-tests"
MOST = 1 << 20


@pytest.fixture(scope="module")
def picture(tmp_path_factory) -> bytes:
    file = tmp_path_factory.mktemp("files") / "plain.png"
    Image.fromarray(skimage.data.astronaut()).resize((128, 128)).save(file)
    return file.read_bytes()


@pytest.fixture(scope="module")
def server():
    with open_server(Settings(Checker(synthmark.Config(), pictures=True), "en", TOKEN, MOST)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server, method, path, body=None, *, token=TOKEN, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    sent = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request(method, path, body, sent | {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def test_a_file_is_checked_with_the_json_of_the_command(server, picture):
    answer, content = ask(server, "POST", "/api/v1/verify?name=a%20b.png", picture)
    report = json.loads(content)
    assert answer.status == 200
    assert (report["verdict"], report["file"]["name"]) == ("not_labelled", "a b.png")
    components = api_description(1)["components"]
    jsonschema.validate(report, components["schemas"]["Report"] | {"components": components})


def test_a_broken_file_has_a_report_too(server):
    answer, content = ask(server, "POST", "/api/v1/verify?name=broken.png", b"\x89PNG\r\n\x1a\nbroken")
    assert answer.status == 200
    assert (json.loads(content)["verdict"], json.loads(content)["exit_code"]) == ("not_checked", 4)


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", "\xe9"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/v1/verify"), ("POST", "/api/v1/report?form=html")])
def test_without_the_token_nothing_is_done(server, method, path, token, picture):
    assert ask(server, method, path, picture, token=token)[0].status == 401


def test_the_page_needs_the_token_in_its_address(server):
    assert ask(server, "GET", "/", token="")[0].status == 401
    answer, content = ask(server, "GET", f"/?token={TOKEN}", token="")
    assert answer.status == 200
    assert b'id="drop"' in content


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1", "127.0.0.1:1", "localhost.example.org", ""])
def test_another_name_is_refused(server, host):
    """DNS rebinding: a web site whose name leads here says its own name."""
    assert ask(server, "GET", f"/?token={TOKEN}", Host=host)[0].status == 421


@pytest.mark.parametrize("origin", ["http://example.org", "null", "https://127.0.0.1", "file://"])
def test_another_page_is_refused(server, origin, picture):
    assert ask(server, "POST", "/api/v1/verify", picture, Origin=origin)[0].status == 403


def test_its_own_page_is_answered(server, picture):
    origin = f"http://127.0.0.1:{server.server_port}"
    assert ask(server, "POST", "/api/v1/verify", picture, Origin=origin)[0].status == 200


def test_a_large_file_is_refused_before_it_is_read(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    connection.putrequest("POST", "/api/v1/verify")
    connection.putheader("Authorization", f"Bearer {TOKEN}")
    connection.putheader("Content-Length", str(MOST + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize("length", ["-1", "many", "1e3", "\xb2"])
def test_a_length_that_is_none_is_refused(server, length):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    connection.putrequest("POST", "/api/v1/verify")
    connection.putheader("Authorization", f"Bearer {TOKEN}")
    connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == 411
    connection.close()


def test_uploads_are_deleted(server, picture):
    assert ask(server, "POST", "/api/v1/verify", picture)[0].status == 200
    assert list(Path(server.uploads).iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="processes are ended in another way there")
def test_a_server_that_is_ended_deletes_what_was_being_checked(tmp_path):
    command = [sys.executable, "-m", "extract_tool", "serve"]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        port = int(process.stdout.readline().split(":")[2].split("/")[0])
        upload = socket.create_connection(("127.0.0.1", port))
        left = list(tmp_path.glob("synthmark-extract-*"))
        process.terminate()
        assert process.wait(timeout=60) == 0
        upload.close()
    assert len(left) == 1
    assert list(tmp_path.glob("synthmark-extract-*")) == []


@pytest.mark.parametrize(("form", "start"), [("html", b"<!DOCTYPE html>"), ("pdf", b"%PDF-")])
def test_a_report_is_written(server, picture, form, start):
    _, content = ask(server, "POST", "/api/v1/verify?pictures=1", picture)
    answer, written = ask(server, "POST", f"/api/v1/report?form={form}&language=zh", content)
    assert answer.status == 200
    assert written.startswith(start)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"report": {}}', b'{"report": {"layers": [1]}}', b"[" * 9999])
def test_what_is_no_report_is_refused(server, body):
    assert ask(server, "POST", "/api/v1/report?form=pdf&language=en", body)[0].status == 400


def test_nothing_else_is_there(server):
    for path in ("/etc/passwd", "/../cli.py", "/pages/page.js", "/api/v2/verify"):
        assert ask(server, "GET", path)[0].status == 404


def test_answers_forbid_what_the_page_does_not_need(server):
    answer, _ = ask(server, "GET", f"/?token={TOKEN}")
    policy = answer.getheader("Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert answer.getheader("Cache-Control") == "no-store"


def test_the_description_of_the_api_is_valid(server):
    validator = pytest.importorskip("openapi_spec_validator")
    answer, content = ask(server, "GET", "/api/v1/openapi.json")
    assert answer.status == 200
    validator.validate(json.loads(content))
