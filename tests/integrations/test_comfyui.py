"""The nodes for ComfyUI, loaded and called as ComfyUI does."""

import importlib.util
import json
import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

import synthmark
from synthmark import image
from synthmark.errors import CapacityError, ConfigError, InputError

torch = pytest.importorskip("torch")
NODES = Path(__file__).parents[2] / "examples" / "comfyui_nodes.py"
PICTURE = np.asarray(Image.fromarray(skimage.data.astronaut()).resize((320, 256)), np.float32) / 255


@pytest.fixture
def nodes(tmp_path, monkeypatch):
    """Load the file that lies in `custom_nodes`, with a configuration in the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("synthmark.toml").write_text('producer = "Example-Studio"\n', encoding="utf-8")
    from synthmark.integrations import comfyui

    comfyui._labeler.cache_clear()
    spec = importlib.util.spec_from_file_location("custom_nodes.comfyui_nodes", NODES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module.NODE_CLASS_MAPPINGS
    comfyui._labeler.cache_clear()


@pytest.fixture
def output(tmp_path, monkeypatch):
    """Stand in for the module of ComfyUI that knows its folders; names are made as there."""

    def get_save_image_path(prefix, folder, width=0, height=0):
        prefix = prefix.replace("%width%", str(width)).replace("%height%", str(height))
        place = Path(folder) / Path(prefix).parent
        place.mkdir(parents=True, exist_ok=True)
        name = Path(prefix).name
        taken = [int(found[1]) for file in place.iterdir() if (found := re.match(rf"{name}_(\d+)_", file.name))]
        return str(place), name, max(taken, default=0) + 1, str(Path(prefix).parent), prefix

    module = types.ModuleType("folder_paths")
    module.get_output_directory = lambda: str(tmp_path / "output")
    module.get_save_image_path = get_save_image_path
    monkeypatch.setitem(sys.modules, "folder_paths", module)
    return tmp_path / "output"


def batch(*pictures):
    return torch.from_numpy(np.stack(pictures or (PICTURE, PICTURE[:, ::-1])))


def call(nodes, name, **inputs):
    """Run a node as ComfyUI does, and return what the nodes behind it get."""
    node = nodes[name]
    kinds = node.INPUT_TYPES()
    assert set(inputs) <= {item for group in kinds.values() for item in group}
    given = getattr(node(), node.FUNCTION)(**inputs)
    results = given["result"] if isinstance(given, dict) else given
    assert len(results) == len(node.RETURN_TYPES) == len(node.RETURN_NAMES)
    return results


def as_comfyui_saves(picture) -> Image.Image:
    """Return a picture as the node SaveImage of ComfyUI writes it, which cuts fractions off."""
    return Image.fromarray(np.clip(255.0 * picture.cpu().numpy(), 0, 255).astype(np.uint8))


def test_labelled_pictures_read_back_after_saving_and_by_the_node(nodes):
    given = batch()
    labelled, ids = call(nodes, "SynthmarkLabel", images=given)
    assert (labelled.shape, labelled.dtype) == (given.shape, torch.float32)
    found = [f"{image.extract(as_comfyui_saves(picture)).content_id:016x}" for picture in labelled]
    assert found == ids.split("\n")
    assert call(nodes, "SynthmarkRead", images=labelled) == (True, ids)
    assert call(nodes, "SynthmarkRead", images=given) == (False, "\n")


def test_values_beyond_the_range_are_cut_off_as_in_comfyui(nodes):
    labelled, _ = call(nodes, "SynthmarkLabel", images=batch(PICTURE * 1.2 - 0.1))
    assert labelled.min() >= 0
    assert labelled.max() <= 1


def test_saved_files_carry_every_layer_and_the_workflow(nodes, output):
    inputs = {"filename_prefix": "today/a%width%", "prompt": {"1": "paint"}, "extra_pnginfo": {"workflow": {"n": 1}}}
    for _ in range(2):
        (ids,) = call(nodes, "SynthmarkSave", images=batch(), **inputs)
    files = sorted(output.rglob("*.*"))
    assert [file.relative_to(output).as_posix() for file in files] == [
        f"today/a320_0000{n}_.png" for n in (1, 2, 3, 4)
    ]
    for file in files:
        synthmark.assert_labelled(file)
    reports = [synthmark.verify_file(file) for file in files[2:]]
    assert [report.layer("watermark").claims["content_id"] for report in reports] == ids.split("\n")
    with Image.open(files[0]) as saved:
        assert json.loads(saved.text["prompt"]) == {"1": "paint"}
        assert json.loads(saved.text["workflow"]) == {"n": 1}


def test_comfyui_may_be_told_to_store_no_workflow(nodes, output, monkeypatch):
    options = types.ModuleType("comfy.cli_args")
    options.args = types.SimpleNamespace(disable_metadata=True)
    monkeypatch.setitem(sys.modules, "comfy", types.ModuleType("comfy"))
    monkeypatch.setitem(sys.modules, "comfy.cli_args", options)
    call(nodes, "SynthmarkSave", images=batch(PICTURE), prompt={"1": "secret"})
    (file,) = output.rglob("*.png")
    synthmark.assert_labelled(file)
    assert b"secret" not in file.read_bytes()


def test_what_comfyui_shows(nodes, output):
    shown = nodes["SynthmarkSave"]().run(batch(PICTURE), "a")["ui"]["images"]
    assert shown == [{"filename": "a_00001_.png", "subfolder": ".", "type": "output"}]
    assert (output / "a_00001_.png").is_file()


def test_no_picture_is_marked_twice(nodes, output):
    labelled, _ = call(nodes, "SynthmarkLabel", images=batch(PICTURE))
    with pytest.raises(InputError, match="marked already"):
        call(nodes, "SynthmarkSave", images=labelled)
    assert list(output.rglob("*.png")) == []


def test_what_cannot_be_labelled_stops_the_workflow(nodes, output):
    flat = batch(np.zeros((64, 64, 3), np.float32))
    for name in ("SynthmarkLabel", "SynthmarkSave"):
        with pytest.raises(CapacityError):
            call(nodes, name, images=flat)
    assert list(output.rglob("*.png")) == []


def test_the_configuration_may_be_another_file(nodes, tmp_path):
    with pytest.raises(ConfigError):
        call(nodes, "SynthmarkLabel", images=batch(PICTURE), config_file=str(tmp_path / "missing.toml"))


def test_saving_needs_comfyui(nodes):
    with pytest.raises(InputError, match="ComfyUI"):
        call(nodes, "SynthmarkSave", images=batch(PICTURE))


def test_every_node_has_a_name_for_people(nodes):
    from synthmark.integrations.comfyui import NODE_DISPLAY_NAME_MAPPINGS

    assert set(NODE_DISPLAY_NAME_MAPPINGS) == set(nodes)
