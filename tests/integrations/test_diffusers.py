"""Pipelines of diffusers, tiny and with random weights: every picture that leaves them is labelled, or none does."""

import numpy as np
import pytest
import skimage.data
from PIL import Image

from synthmark import Labeler, image
from synthmark.config import Config
from synthmark.errors import CapacityError, InputError, RegistryError
from synthmark.image.visible import find_label
from synthmark.registry import open_registry

torch = pytest.importorskip("torch")
import diffusers  # noqa: E402
import tiny_models  # noqa: E402

from synthmark.integrations.diffusers import Watermarker, label_outputs  # noqa: E402

CONFIG = Config(producer="Example-Studio")
PHOTO = Image.fromarray(skimage.data.astronaut()).resize((256, 256))
# diffusers turns tensors into arrays as NumPy 1 did.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def labeler() -> Labeler:
    return Labeler(CONFIG)


@pytest.fixture
def xl():
    """Return a pipeline of Stable Diffusion XL; text is embedded by the tests themselves."""
    return tiny_models.stable_diffusion_xl()


def prompt(count=1):
    text, pooled = torch.ones(count, 7, 64), torch.ones(count, 32)
    return {
        "prompt_embeds": text,
        "pooled_prompt_embeds": pooled,
        "negative_prompt_embeds": text * 0,
        "negative_pooled_prompt_embeds": pooled * 0,
        "num_inference_steps": 1,
        "height": 256,
        "width": 320,
        "generator": torch.Generator().manual_seed(3),
    }


def ids(pictures) -> list[str]:
    """Return the content ids of pictures as PIL images, as a file would hold them."""
    return [f"{image.extract(picture, search='fast').content_id:016x}" for picture in pictures]


def as_pil(pictures) -> list[Image.Image]:
    return diffusers.image_processor.VaeImageProcessor.numpy_to_pil(np.asarray(pictures))


def test_the_watermarker_takes_the_place_of_that_of_stable_diffusion_xl(xl, labeler):
    records = []
    xl.watermark = Watermarker(labeler, on_records=records.extend)
    pictures = xl(**prompt(2)).images
    assert ids(pictures) == [record.content_id for record in records]
    assert len(set(ids(pictures))) == 2
    assert all(find_label(picture) for picture in pictures)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_shape_dtype_and_device_stay(labeler, dtype):
    torch.manual_seed(4)
    pictures = torch.nn.functional.interpolate(torch.rand(2, 3, 32, 40) * 3 - 1.5, scale_factor=8, mode="bicubic")
    marked = Watermarker(labeler).apply_watermark(pictures.to(dtype))
    assert (marked.shape, marked.dtype, marked.device) == (pictures.shape, dtype, pictures.device)
    assert marked.min() >= -1
    assert marked.max() <= 1
    assert len(set(ids(as_pil((marked.float().permute(0, 2, 3, 1) + 1) / 2)))) == 2


def test_pictures_of_deepfloyd_are_changed_in_place(labeler):
    given = [PHOTO.copy()]
    assert Watermarker(labeler).apply_watermark(given, 64) is given
    assert ids(given)
    assert given[0] != PHOTO


@pytest.mark.parametrize(
    ("pictures", "error"),
    [
        (torch.zeros(1, 3, 64, 64), CapacityError),
        (torch.full((1, 3, 256, 256), torch.nan), InputError),
        (torch.zeros(1, 4, 4, 32, 32), InputError),
    ],
)
def test_the_watermarker_lets_nothing_pass_that_it_cannot_label(labeler, pictures, error):
    with pytest.raises(error):
        Watermarker(labeler).apply_watermark(pictures)


@pytest.mark.parametrize("output_type", ["pil", "np", "pt"])
def test_every_form_of_output_is_labelled(xl, labeler, output_type):
    plain = xl(**prompt(), output_type=output_type)
    output = label_outputs(xl, labeler)(**prompt(), output_type=output_type)
    assert type(output) is type(plain)
    assert type(output.images) is type(plain.images)
    if output_type == "pil":
        pictures = output.images
    else:
        assert (output.images.shape, output.images.dtype) == (plain.images.shape, plain.images.dtype)
        pictures = as_pil(output.images if output_type == "np" else output.images.permute(0, 2, 3, 1))
    assert ids(pictures) == [record.content_id for record in output.label_records]


def test_tuples_stay_tuples(xl, labeler):
    records = []
    (pictures,) = label_outputs(xl, labeler, on_records=records.extend)(**prompt(), return_dict=False)
    assert ids(pictures) == [record.content_id for record in records]


def test_a_pipeline_without_a_place_for_watermarks_is_labelled(labeler):
    pipe = tiny_models.stable_diffusion()
    own = {name: value for name, value in prompt().items() if "pooled" not in name}
    output = label_outputs(pipe, labeler)(**own)
    assert ids(output.images) == [record.content_id for record in output.label_records]
    assert output.nsfw_content_detected is None
    pictures, flags = pipe(**own, return_dict=False)
    assert ids(pictures)
    assert flags is None


def test_a_labelled_pipeline_stays_what_it_was(xl, labeler, tmp_path):
    same = label_outputs(xl, labeler)
    assert same is xl
    assert isinstance(xl, diffusers.StableDiffusionXLPipeline)
    assert xl.to(torch.float32) is xl
    xl.save_pretrained(tmp_path)
    assert '"_class_name": "StableDiffusionXLPipeline"' in (tmp_path / "model_index.json").read_text("utf-8")
    with pytest.raises(InputError, match="already"):
        label_outputs(xl, labeler)


def test_latents_are_refused(xl, labeler):
    with pytest.raises(InputError, match="Latents"):
        label_outputs(xl, labeler)(**prompt(), output_type="latent")


def test_wrong_arguments_are_for_the_pipeline_to_refuse(xl, labeler):
    with pytest.raises(ValueError, match="Provide either `prompt` or"):
        label_outputs(xl, labeler)()


def test_what_the_registry_cannot_take_does_not_leave(xl, tmp_path, monkeypatch):
    labeler = Labeler(Config(producer="Example-Studio", watermark=False, registry=tmp_path / "a.sqlite"))
    label_outputs(xl, labeler)(**prompt())
    with open_registry(tmp_path / "a.sqlite") as registry:
        assert registry.count() == 1

    def full(*_args: object) -> None:
        raise RegistryError("the disk is full")

    monkeypatch.setattr("synthmark.registry.Registry.add_many", full)
    with pytest.raises(RegistryError):
        xl(**prompt())
    labeler.close()


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ({"frames": [[Image.new("RGB", (9, 9))]]}, "label_video"),
        ({"audios": np.zeros((1, 9))}, "label_audio"),
        ({"image_embeds": torch.zeros(1, 9)}, "no picture"),
        ({"images": []}, "no picture"),
        ({"images": None}, "no picture"),
        ({"images": b"png"}, "A picture is"),
        ({"images": np.zeros((1, 2, 9, 9, 3))}, "picture"),
    ],
)
def test_what_is_no_picture_does_not_leave(labeler, output, said):
    with pytest.raises(InputError, match=said):
        label_outputs(Pipe(output), labeler)()


def test_other_pipelines_are_labelled_by_what_they_return(labeler):
    picture = np.asarray(PHOTO)
    for output in ([picture], (picture, [False]), {"images": picture, "flags": np.array([True]), "seed": 4}):
        given = label_outputs(Pipe(output), labeler)()
        assert type(given) is type(output)
        assert len(given) == len(output)
        found = given["images"] if isinstance(given, dict) else given[0]
        assert ids([found])


def test_nothing_but_a_pipeline_is_taken(labeler):
    with pytest.raises(InputError, match="object that is called"):
        label_outputs(len, labeler)


class Pipe:
    """A pipeline that is no class of diffusers and passes its options on."""

    def __init__(self, output) -> None:
        self.output = output

    def __call__(self, **options):
        return self.output
