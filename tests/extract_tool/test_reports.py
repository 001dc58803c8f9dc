"""The reports: JSON by its schema, HTML, PDF, the folder with sums and signature, and hostile texts."""

import base64
import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
import skimage.data
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import synthmark
from extract_tool.checking import Checked
from extract_tool.cli import main
from extract_tool.examination import examined
from extract_tool.report_folder import ReportFolder, escaped_cell
from extract_tool.report_html import report_html
from extract_tool.report_pdf import report_pdf
from extract_tool.sandbox import Request
from synthmark.errors import InputError

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "extract_tool/schema/report-v1.json").read_text(encoding="utf-8"))
GOLDEN = sorted((ROOT / "tests/golden").glob("report-*.json"))
EVIL = "<script>alert(1)</script>\x1b]0;x\x07\u202e\n=cmd|' /C calc'!A0"
CODE = "001191440300708461136T1XGW3"


def examine(path: Path) -> Checked:
    answer = json.loads(
        json.dumps(examined(Request(path, synthmark.Config(), (), "synthmark-extract", pictures=True)))
    )
    return Checked(path, answer["report"], answer["pictures"])


@pytest.fixture(scope="module")
def labelled(tmp_path_factory) -> Checked:
    folder = tmp_path_factory.mktemp("files")
    Image.fromarray(skimage.data.astronaut()).resize((256, 256)).save(folder / "plain.png")
    synthmark.label_file(folder / "plain.png", folder / "图片.png", synthmark.Config(producer=CODE, visible=False))
    return examine(folder / "图片.png")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Checked:
    """Return the report on a picture whose texts try to act on whatever shows them."""
    info = PngInfo()
    label = {"Label": EVIL, "ContentProducer": EVIL, "ProduceID": EVIL, "ContentPropagator": "", "PropagateID": EVIL}
    info.add_text("AIGC", json.dumps({"AIGC": label}))
    info.add_text("parameters", EVIL + "Steps: 20, Sampler: Euler, CFG scale: 7")
    path = tmp_path_factory.mktemp("files") / "=a&b<i>.png"
    Image.fromarray(skimage.data.astronaut()[:64, :64]).save(path, pnginfo=info)
    return examine(path)


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.name)
def test_the_schema_describes_the_golden_reports(file):
    content = json.loads(file.read_text(encoding="utf-8"))
    content["file"]["sha256"] = "0" * 64  # which the golden files leave out
    jsonschema.validate(content, SCHEMA)
    for name in SCHEMA["required"]:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({key: value for key, value in content.items() if key != name}, SCHEMA)


def test_the_schema_is_one_and_describes_what_is_printed(labelled, hostile):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(labelled.report, SCHEMA)
    jsonschema.validate(hostile.report, SCHEMA)
    wrong = json.loads(json.dumps(labelled.report))
    wrong["layers"][1]["claims"]["content_id"] = "0X"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)


def test_the_label_is_explained(labelled):
    metadata = labelled.report["layers"][0]["evidence"]["labels"][0]
    assert metadata["providers"]["ContentProducer"]["subject"] == CODE[4:22]
    assert [item["met"] for item in metadata["conformity"]] == [True] * 9


def test_what_breaks_the_standard_is_said_point_by_point(hostile):
    points = {
        item["point"]: item["met"] for item in hostile.report["layers"][0]["evidence"]["labels"][0]["conformity"]
    }
    assert (points["E b"], points["E c"], points["E g"], points["E j"]) == (False, False, False, False)
    assert (points["E a"], points["6.1 c"]) == (True, True)


class Tags(HTMLParser):
    """Collects tags, attributes and texts; an unclosed or unexpected tag shows in the list."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.links, self.text = [], [], ""

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in {"src", "href"} or name.startswith("on")]

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("language", ["en", "zh"])
def test_html_needs_nothing_else_and_runs_nothing(hostile, labelled, language):
    for checked in (hostile, labelled):
        page = Tags()
        page.feed(report_html(checked.report, checked.pictures, (language,)))
        assert {"script", "link", "iframe", "i"} & set(page.tags) == set()
        assert all(link.startswith("data:image/jpeg;base64,") for link in page.links)
        assert not set("\x1b\x07\u202e") & set(page.text)
    assert "<script>alert(1)</script>" in text_of(report_html(hostile.report, {}, (language,)))


def text_of(page: str) -> str:
    parser = Tags()
    parser.feed(page)
    return parser.text


def test_html_has_a_heading_alternatives_and_its_language(labelled):
    page = report_html(labelled.report, labelled.pictures, ("zh", "en"))
    assert page.count("<h1>") == 2
    assert '<html lang="zh-Hans">' in page
    assert '<main lang="en">' in page
    assert page.count("<img ") == page.count(' alt="') == 4
    assert "未检测到 Stable Diffusion" in page


def test_pdf_has_the_text_in_chinese(labelled, tmp_path):
    reader = pytest.importorskip("pypdf")
    data = report_pdf(labelled.report, labelled.pictures, ("zh", "en"))
    text = "".join(page.extract_text() for page in reader.PdfReader(io.BytesIO(data)).pages)
    assert "人工智能生成合成" in text
    assert "图片.png" in text
    assert "AI-generated label found, and intact." in text
    assert data == report_pdf(labelled.report, labelled.pictures, ("zh", "en"))


def test_pdf_takes_any_text(hostile):
    assert report_pdf(hostile.report, hostile.pictures, ("en",)).startswith(b"%PDF-")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text):
    assert escaped_cell(text)[0] in "'\\"


def test_a_folder_of_reports(labelled, hostile, tmp_path):
    folder = ReportFolder(tmp_path / "reports", ("en",))
    for checked in (labelled, hostile, labelled):
        folder.add(checked)
    folder.finish()
    names = {file.name for file in (tmp_path / "reports").iterdir()}
    assert {"图片.png.html", "图片.png (2).pdf", "=a&b<i>.png.json", "summary.csv", "SHA256SUMS"} <= names
    text = (tmp_path / "reports/summary.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 4
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))] == []
    assert main(["check-report", str(tmp_path / "reports")]) == 0


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(InputError, match="holds other files"):
        ReportFolder(tmp_path, ("en",))
    with pytest.raises(InputError, match="is a file"):
        ReportFolder(tmp_path / "letter.txt", ("en",))


@pytest.fixture
def signed(labelled, tmp_path, capsys) -> tuple[Path, str]:
    from extract_tool.signing import load_signing_key

    assert main(["signing-key", str(tmp_path / "key.pem")]) == 0
    public = capsys.readouterr().out.strip()
    folder = ReportFolder(tmp_path / "reports", ("en",), load_signing_key(tmp_path / "key.pem"))
    folder.add(labelled)
    folder.finish()
    return tmp_path / "reports", public


def test_a_signature_is_checked(signed, capsys):
    folder, public = signed
    assert main(["check-report", str(folder / "summary.csv"), "--public-key", public, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["signature"], found["public_key"], found["changed"]) == ("valid", public, [])
    assert main(["check-report", str(folder), "--public-key", "00" * 32]) == 3
    assert main(["check-report", str(folder), "--public-key", "00"]) == 2


@pytest.mark.parametrize("name", ["SHA256SUMS", "summary.csv", "图片.png.html", "SHA256SUMS.sig"])
def test_any_change_is_seen(signed, name):
    folder, public = signed
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    assert main(["check-report", str(folder), "--public-key", public]) in {3, 4}


def test_a_missing_and_a_new_file_are_seen(signed):
    folder, _ = signed
    (folder / "new.html").write_text("new", encoding="utf-8")
    assert main(["check-report", str(folder)]) == 3
    (folder / "new.html").unlink()
    assert main(["check-report", str(folder)]) == 0
    (folder / "summary.csv").unlink()
    assert main(["check-report", str(folder)]) == 3


def test_a_signature_that_was_taken_away_is_seen_by_whoever_expects_one(signed):
    folder, public = signed
    (folder / "SHA256SUMS.sig").unlink()
    assert main(["check-report", str(folder)]) == 0
    assert main(["check-report", str(folder), "--public-key", public]) == 3


def test_the_signature_is_ed25519_as_another_library_reads_it(signed):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    folder, public = signed
    content = json.loads((folder / "SHA256SUMS.sig").read_text(encoding="ascii"))
    message = b"synthmark-extract report, version 1\n" + (folder / "SHA256SUMS").read_bytes()
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(base64.b64decode(content["signature"]), message)


def test_a_signing_key_is_private_and_replaces_nothing(tmp_path, capsys):
    assert main(["signing-key", str(tmp_path / "key.pem")]) == 0
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    assert main(["signing-key", str(tmp_path / "key.pem")]) == 4


def test_there_is_no_folder_of_reports_without_sums(tmp_path):
    assert main(["check-report", str(tmp_path)]) == 4


def test_sums_lead_to_no_other_folder(tmp_path):
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  ../secret\n", encoding="utf-8")
    assert main(["check-report", str(tmp_path)]) == 4
