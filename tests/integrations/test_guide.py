"""The examples of the guide to pipelines that need diffusers or a certificate run as they stand."""

import re
from pathlib import Path

import pytest
import skimage.data
from certificates import write_signer
from PIL import Image

GUIDE = (Path(__file__).parents[2] / "docs" / "pipelines.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```py\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Write the models that the guide has in mind, tiny ones."""
    pytest.importorskip("torch")
    import tiny_models

    folder = tmp_path_factory.mktemp("models")
    tiny_models.stable_diffusion(*tiny_models.reader(folder / "tokenizer")).save_pretrained(folder / "my-model")
    tiny_models.stable_diffusion_xl().save_pretrained(folder / "my-xl-model")
    return folder


@pytest.fixture
def working_folder(models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("my-model", "my-xl-model"):
        (tmp_path / name).symlink_to(models / name)
    (tmp_path / "pictures").mkdir()
    Image.fromarray(skimage.data.astronaut()[:256, :320]).save(tmp_path / "pictures" / "photo.jpg")
    chain, private, _ = write_signer(tmp_path)
    chain.rename("certificates.pem")
    private.rename("certificate-key.pem")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
@pytest.mark.usefixtures("working_folder")
def test_examples_run(example):
    exec(compile(example, "example", "exec"), {"__name__": "example"})


def test_all_examples_are_here():
    assert len(EXAMPLES) == 4
    chinese = (Path(__file__).parents[2] / "docs" / "pipelines.zh.md").read_text(encoding="utf-8")
    assert re.findall(r"^```py\n(.*?)^```", chinese, re.DOTALL | re.MULTILINE) == EXAMPLES
