"""The local page in a real browser: from drop to report, by keyboard, in both languages, on a small window."""

import base64
import json
import shutil
import threading
from pathlib import Path

import pytest
import skimage.data
from PIL import Image

import synthmark
from extract_tool.checking import Checker
from extract_tool.server import Settings, open_server

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
TOKEN = "a-token-for-tests"
DROP = """
async ([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "image/png" }));
  window.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    Image.fromarray(skimage.data.astronaut()).resize((256, 256)).save(folder / "plain.png")
    config = synthmark.Config(producer="Example-Studio", visible=False)
    synthmark.label_file(folder / "plain.png", folder / "labelled.png", config)
    return folder


@pytest.fixture(scope="module")
def server():
    settings = Settings(Checker(synthmark.Config(), pictures=True), "en", TOKEN, 1 << 20)
    with open_server(settings) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, server):
    """Return the open page; in the end, nothing was asked of another host and no script has failed."""
    context = browser.new_context(viewport={"width": 1000, "height": 900}, accept_downloads=True)
    page = context.new_page()
    asked, problems = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"http://127.0.0.1:{server.server_port}/?token={TOKEN}")
    yield page
    context.close()
    own = (f"http://127.0.0.1:{server.server_port}/", "blob:", "data:", "about:")
    assert [address for address in asked if not address.startswith(own)] == []
    assert problems == []


def done(page, count: int = 1) -> None:
    playwright.expect(page.locator("#results li iframe")).to_have_count(count, timeout=60_000)
    playwright.expect(page.locator("#status")).not_to_contain_text("checking", timeout=60_000)


def test_from_drop_to_report(page, files, tmp_path):
    content = base64.b64encode((files / "labelled.png").read_bytes()).decode()
    page.evaluate(DROP, ["labelled.png", content])
    done(page)
    assert page.locator("#results .verdict").first.inner_text() == "AI-generated label found, and intact."
    report = page.frame_locator("#results iframe")
    assert report.locator("table").first.locator("tbody tr").count() >= 4
    assert report.locator("figure img").count() == 2
    page.screenshot(path=tmp_path / "report.png", full_page=True)
    for number, suffix in enumerate((".html", ".pdf", ".json")):
        with page.expect_download() as caught:
            page.locator("#results .downloads button").nth(number).click()
        assert caught.value.suggested_filename == f"labelled.png{suffix}"
    assert json.loads(Path(caught.value.path()).read_text(encoding="utf-8"))["verdict"] == "labelled"


def test_by_keyboard_alone(page, files):
    # The browser must be told before the key is pressed, and to wait for a chooser tells it only in the same moment.
    page.on("filechooser", lambda _: None)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "language"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "files"
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(files / "labelled.png")
    done(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "folder"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"


def test_a_folder_and_a_small_window_in_chinese(page, files, tmp_path):
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator("#language").click()
    assert "检查文件" in page.locator("h1").inner_text()
    page.locator("#folder").set_input_files(files)
    playwright.expect(page.locator("#results li iframe")).to_have_count(2, timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    said = page.locator("#results .verdict").all_inner_texts()
    assert sorted(said) == sorted(["检测到“人工智能生成合成”标识，且标识完整。", "本工具未检测到标识。"])
    page.screenshot(path=tmp_path / "small.png", full_page=True)


def test_a_screen_reader_hears_what_happens(page, files):
    status = page.locator("#status")
    assert status.get_attribute("role") == "status"
    assert status.get_attribute("aria-live") == "polite"
    page.locator("#files").set_input_files(files / "labelled.png")
    done(page)
    assert status.inner_text() == "labelled.png: AI-generated label found, and intact."
    assert "labelled.png" in page.locator("#results iframe").get_attribute("title")


def test_too_large_a_file_is_said_at_once(page, tmp_path):
    (tmp_path / "large.png").write_bytes(bytes((1 << 20) + 1))
    page.locator("#files").set_input_files(tmp_path / "large.png")
    page.wait_for_selector("#results li.failed")
    assert "larger than 1 MB" in page.locator("#results .verdict").inner_text()


def test_a_name_with_markup_is_shown_as_it_is(page, files, tmp_path):
    odd = tmp_path / "<img src=x onerror=alert(1)>.png"
    shutil.copyfile(files / "plain.png", odd)
    page.locator("#files").set_input_files(odd)
    page.wait_for_selector("#results iframe")
    assert page.locator("#results h3").inner_text() == odd.name
    assert page.locator("#results h3 img").count() == 0
