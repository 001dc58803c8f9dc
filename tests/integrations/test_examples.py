"""The examples run, and nothing leaves them without labels."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

import synthmark
from synthmark import audio
from synthmark.registry import open_registry

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def configured(tmp_path, monkeypatch):
    """Work in a folder with a configuration, as the examples say."""
    monkeypatch.chdir(tmp_path)
    text = 'producer = "Example-Studio"\nregistry = "registry.sqlite"\n'
    Path("synthmark.toml").write_text(text, encoding="utf-8")


def loaded(name):
    """Return a fresh module of an example."""
    spec = importlib.util.spec_from_file_location(f"examples.{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where FastAPI looks up the types of the parameters
    spec.loader.exec_module(module)
    return module


def recorded() -> list[str]:
    with open_registry("registry.sqlite") as registry:
        return [stored.record.content_id for stored in registry.latest(9)]


def flat(_prompt: str) -> Image.Image:
    """Return a picture that no mark fits into."""
    return Image.new("RGB", (64, 64))


@pytest.fixture
def web():
    pytest.importorskip("fastapi")
    from fastapi.testclient import TestClient

    module = loaded("fastapi_app")
    with TestClient(module.app, raise_server_exceptions=False) as client:
        yield module, client
    module.labeler.close()


def test_the_web_service_sends_labelled_pictures(web):
    answer = web[1].get("/picture", params={"prompt": "a lake"})
    Path("a.png").write_bytes(answer.content)
    synthmark.assert_labelled("a.png")
    assert answer.headers["content-type"] == "image/png"
    assert [answer.headers["x-content-id"]] == recorded()


def test_the_web_service_sends_no_picture_that_cannot_be_labelled(web, monkeypatch):
    monkeypatch.setattr(web[0], "paint", flat)
    answer = web[1].get("/picture", params={"prompt": "nothing"})
    assert answer.status_code == 500
    assert answer.json() == {"error": "The content cannot be labelled."}
    assert recorded() == []


def test_the_web_service_sends_labelled_speech_as_it_is_made(web):
    with web[1].stream("GET", "/speech", params={"text": "good morning"}) as answer:
        chunks = [chunk for chunk in answer.iter_raw() if chunk]
    assert len(chunks) > 1
    samples = np.frombuffer(b"".join(chunks), ">i2").astype(np.int16)
    assert audio.find_cues(samples, 24000)[0].start < 0.1
    assert [f"{audio.extract(samples, 24000).content_id:016x}"] == recorded()


def test_a_listener_who_leaves_is_recorded(web):
    sending = web[0].spoken("good morning")
    for _ in range(5):
        next(sending)
    sending.close()
    assert len(recorded()) == 1


# In a process of its own, since Gradio leaves event loops open.
PAGE = """
import json, sys
from pathlib import Path
import gradio
from PIL import Image
sys.path.insert(0, sys.argv[1])
import gradio_app
path = gradio_app.labelled("a lake")
(output,) = gradio_app.demo.output_components
same = Path(output.postprocess(path).path).read_bytes() == Path(path).read_bytes()
used = gradio_app.demo.fns[0].fn is gradio_app.labelled
gradio_app.paint = lambda prompt: Image.new("RGB", (64, 64))
try:
    shown = gradio_app.labelled("nothing")
except gradio.Error as error:
    shown = str(error)
gradio_app.labeler.close()
print(json.dumps({"path": path, "same": same, "used": used, "shown": shown}))
"""


def test_the_page_shows_the_labelled_file_itself_or_nothing():
    pytest.importorskip("gradio")
    found = json.loads(output_of("-c", PAGE, str(EXAMPLES)))
    synthmark.assert_labelled(found["path"])
    assert (found["same"], found["used"]) == (True, True)
    assert "cannot be labelled" in found["shown"]
    assert recorded() == [Path(found["path"]).stem]


def output_of(*arguments: str) -> str:
    run = [sys.executable, *arguments]
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False", "TMPDIR": str(Path.cwd())}
    done = subprocess.run(run, capture_output=True, encoding="utf-8", env=environment, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_speech_is_labelled_while_it_is_made():
    content_id = output_of(str(EXAMPLES / "streaming_speech.py"), "out.wav")
    synthmark.assert_labelled("out.wav", synthmark.Config(metadata=False))
    samples, rate = soundfile.read("out.wav")
    assert f"{audio.extract(samples, rate).content_id:016x}" == content_id
    assert recorded() == [content_id]
