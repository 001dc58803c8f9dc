"""PDF and DOCX: text that can be selected and searched, embedded fonts, contents, pages, and equal bytes."""

import dataclasses
import io
import zipfile

import filing_facts
import pypdf
import pytest
from PIL import Image
from reportlab.pdfbase.ttfonts import TTFont

from synthmark.errors import DependencyError
from synthmark.filing import writers
from synthmark.filing.document import Bullet, Code, Document, Figure, Heading, Paragraph, Table
from synthmark.filing.drawing import as_png, as_svg, drawing_from
from synthmark.filing.fields import Wording
from synthmark.filing.figures import DIAGRAMS
from synthmark.filing.pack import documents
from synthmark.filing.templates import words
from synthmark.filing.writers.docx import as_docx
from synthmark.filing.writers.font import FONT, MONO, font_bytes
from synthmark.filing.writers.pdf import as_pdf, unshown

docx = pytest.importorskip("docx")
DIAGRAM = drawing_from(words("diagrams", "zh")["labelling"])
LONG = tuple((str(number), f"第{number}行的内容", "值") for number in range(120))


@pytest.fixture(scope="module")
def document(tmp_path_factory) -> Document:
    file = tmp_path_factory.mktemp("pictures") / "picture.png"
    Image.new("RGB", (400, 300), "teal").save(file)
    blocks = (
        Heading(2, "一、标识"),
        Heading(3, "（一）图片"),
        Paragraph("鑫淼科技（北京）有限公司运行 `synthmark label`，由【待填：名称】处理 <b>&amp;"),
        Bullet("-", "第一项"),
        Bullet("1.", "第二项"),
        Code('{"Label": "1",\n  "标识": "一"}'),
        Table("表：很长的表", ("编号", "内容", "结果"), LONG),
        Table("", ("甲", "乙"), (("一", "未满足"),)),
        Figure("图：流程", drawing=DIAGRAM, name="labelling"),
        Figure("图：样本", picture="figures/picture.png", file=file),
    )
    cover = (("主体名称", "鑫淼科技"), ("日期", "2026-01-31"))
    return Document(
        stem="1-labelling", language="zh", title="标识技术说明", date="2026-01-31", blocks=blocks, contents="目录",
        cover=cover,
    )  # fmt: skip


@pytest.fixture(scope="module")
def pdf(document) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(as_pdf(document)))


def plain(pages) -> str:
    return "".join(page.extract_text() for page in pages).replace("\xa0", " ").replace("\n", "")


def test_text_of_a_pdf_can_be_selected(pdf):
    text = plain(pdf.pages)
    for said in (
        "鑫淼科技（北京）有限公司运行 synthmark label",
        "【待填：名称】",
        "<b>&amp;",
        '"标识": "一"',
        "第119行的内容",
    ):
        assert said in text
    assert "□" not in text


def test_another_part_of_the_same_font_in_the_process_changes_nothing(document, monkeypatch, request):
    from reportlab.pdfbase import pdfmetrics

    from synthmark.filing.writers import pdf as module

    monkeypatch.setattr(pdfmetrics, "_fonts", {})
    monkeypatch.setattr(pdfmetrics, "_dynFaceNames", {})
    pdfmetrics.registerFont(TTFont("report", io.BytesIO(font_bytes(MONO))))
    smaller = TTFont("smaller", io.BytesIO(font_bytes(MONO)))
    smaller.face.name = TTFont("whole", io.BytesIO(font_bytes())).face.name
    pdfmetrics.registerFont(smaller)
    module.known.cache_clear()
    request.addfinalizer(module.known.cache_clear)
    pages = pypdf.PdfReader(io.BytesIO(as_pdf(document))).pages
    assert "鑫淼科技（北京）有限公司" in plain(pages)


def test_contents_and_page_numbers_of_a_pdf(pdf):
    contents = plain([pdf.pages[0]])
    assert "一、标识" in contents
    assert "（一）图片" in contents
    assert [item.title for item in pdf.outline if not isinstance(item, list)] == ["一、标识"]
    assert all(f"标识技术说明{number}" in plain([page]) for number, page in enumerate(pdf.pages, 1))
    assert pdf.metadata.title == "标识技术说明"


def test_heads_of_a_long_table_stand_on_every_page(pdf):
    pages = [plain([page]) for page in pdf.pages]
    assert sum("编号内容结果" in page for page in pages) >= 3


def test_all_fonts_of_a_pdf_are_embedded(pdf):
    found = {}
    for page in pdf.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            found[font.get_object()["/BaseFont"]] = font.get_object().get("/FontDescriptor")
    assert any("NotoSansCJKsc" in name for name in found)
    assert all(descriptor and "/FontFile2" in descriptor.get_object() for descriptor in found.values()), found


def test_the_same_document_gives_the_same_bytes(document):
    assert as_pdf(document) == as_pdf(document)
    assert as_docx(document) == as_docx(document)


def test_docx_has_styles_tables_pictures_and_fields(document):
    data = as_docx(document)
    made = docx.Document(io.BytesIO(data))
    paragraphs = made.paragraphs
    assert [p.text for p in paragraphs if p.style.name == "Heading 1"] == ["一、标识"]
    assert any("鑫淼科技（北京）有限公司运行 synthmark label" in p.text for p in paragraphs)
    assert [len(table.rows) for table in made.tables] == [2, 121, 2]
    assert len(made.inline_shapes) == 2
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = archive.read("word/document.xml").decode()
        assert 'TOC \\o "1-2"' in content
        assert "w:highlight" in content
        assert "NUMPAGES" in archive.read("word/footer1.xml").decode()
        assert "w:updateFields" in archive.read("word/settings.xml").decode()


def characters(font: str) -> set[int]:
    return set(TTFont("known", io.BytesIO(font_bytes(font))).face.charToGlyph)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_fonts_have_every_character_of_the_documents(language):
    """Other text of a company is shown as far as GB/T 2312 goes; see the next test."""
    for made in documents(filing_facts.facts(), Wording(language, words("words", language))):
        assert unshown(made) == set()


def test_characters_that_the_font_lacks_are_told_and_shown_as_squares(document):
    made = dataclasses.replace(document, blocks=(Paragraph("㐂公司"),))
    assert unshown(made) == {"㐂"}
    assert "□公司" in plain(pypdf.PdfReader(io.BytesIO(as_pdf(made))).pages)


def test_the_font_covers_gb2312_and_stays_small():
    known = characters(FONT)
    pairs = (bytes((0xA0 + row, 0xA0 + cell)) for row in range(1, 95) for cell in range(1, 95))
    missing = [text for pair in pairs if (text := pair.decode("gb2312", errors="ignore")) and ord(text) not in known]
    assert len(missing) <= 10, missing
    assert len(font_bytes(FONT)) < 3 << 20
    assert set(range(0x20, 0x7F)) <= characters(MONO)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", DIAGRAMS)
def test_boxes_of_diagrams_lie_apart_and_hold_their_text(name, language):
    drawing = drawing_from(words("diagrams", language)[name])
    places = {(box.left, box.top) for box in drawing.boxes}
    assert len(places) == len(drawing.boxes)
    svg = as_svg(drawing)
    assert all(line in svg for box in drawing.boxes for line in box.lines)
    assert svg.count("<polygon") == len(drawing.arrows)
    widest = max(
        sum(4.9 if letter.isascii() else 9.5 for letter in line) for box in drawing.boxes for line in box.lines
    )
    assert widest <= 150


def test_a_diagram_as_png_is_large_enough_for_print():
    with Image.open(io.BytesIO(as_png(DIAGRAM, font_bytes()))) as image:
        assert image.width > 1400


def test_missing_libraries_are_named(monkeypatch):
    real = writers.importlib.util.find_spec
    monkeypatch.setattr(writers.importlib.util, "find_spec", lambda name: None if name == "docx" else real(name))
    with pytest.raises(DependencyError, match=r"pip install 'synthmark\[filing\]'"):
        writers.require_libraries()


def test_names_of_files():
    made = Document(stem="1-labelling", language="zh", title="说明", date="2026-01-31", blocks=(), contents="目录")
    assert made.file_name == "1-说明"
    assert dataclasses.replace(made, language="en").file_name == "1-labelling"
