"""Pipelines of the library diffusers whose pictures leave labelled.

`label_outputs` covers every pipeline that returns pictures. `Watermarker` takes the place of the watermarker that
the pipelines of Stable Diffusion XL and DeepFloyd IF have.
"""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any, TypeVar

from synthmark.errors import InputError
from synthmark.integrations.outputs import OutputLabeler
from synthmark.labeler import Labeler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from synthmark.labeler import ContentRecord

    OnRecords = Callable[[Sequence[ContentRecord]], object]

__all__ = ["Watermarker", "label_outputs"]

Pipeline = TypeVar("Pipeline")

_RANGE = (-1.0, 1.0)


class Watermarker:
    """Labels what a pipeline of Stable Diffusion XL makes: ``pipe.watermark = Watermarker()``.

    The pictures carry the layers of the configuration that pixels can hold. The metadata label belongs into the file:
    see `synthmark.labeler.ContentRecord`. Unlike the watermarker of diffusers it refuses pictures that cannot carry
    the labels.

    Parameters
    ----------
    labeler
        What labels; None for one with the configuration that `synthmark.load_config` finds.
    on_records
        Called with the records of each batch before its pictures are returned.
    """

    def __init__(self, labeler: Labeler | None = None, *, on_records: OnRecords | None = None) -> None:
        self._labeler = labeler or Labeler()
        self._on_records = on_records

    def apply_watermark(self, images: Any, sample_size: int | None = None) -> Any:  # noqa: ANN401, ARG002
        """Label a batch of pictures.

        Parameters
        ----------
        images
            Tensor (B, C, H, W) of floating point, where -1 to 1 stands for black to white and the rest is cut off;
            or a list of PIL images, which are changed in place, as DeepFloyd IF expects.
        sample_size
            Without meaning; DeepFloyd IF passes it.

        Returns
        -------
        The same kind, shape, dtype and device.

        Raises
        ------
        InputError
            When the images are of no such kind, or not finite.
        CapacityError
            When a picture cannot carry the labels.
        RegistryError
            When the registry cannot take the record.
        """
        if isinstance(images, list):
            return self._changed_in_place(images)
        cut = images.clamp(*_RANGE)
        result = self._labeler.label_image(cut, layout="BCHW", value_range=_RANGE)
        _tell(self._on_records, result.records)
        return result.content

    def _changed_in_place(self, images: list[Any]) -> list[Any]:
        """Label PIL images where they are: one of the callers ignores what is returned."""
        output = OutputLabeler(self._labeler)
        for image, labelled in zip(images, output.labelled(images), strict=True):
            image.paste(labelled)
        _tell(self._on_records, output.records)
        return images


def label_outputs(
    pipeline: Pipeline, labeler: Labeler | None = None, *, on_records: OnRecords | None = None
) -> Pipeline:
    """Make a pipeline return labelled pictures, and raise where it would return anything else.

    The pipeline itself is changed and returned, so that no other reference to it leads past the labels. Pipelines
    that are made from it (``from_pipe``) have to be passed through this function as well.

    Parameters
    ----------
    pipeline
        Of any class of diffusers, or of another that is called like them.
    labeler, on_records
        See `Watermarker`.

    Returns
    -------
    The same pipeline. Its outputs get an attribute ``label_records`` where they are no tuples.

    Raises
    ------
    InputError
        When it labels its outputs already, or is no object of a class of its own.
    """
    kind = type(pipeline)
    if issubclass(kind, _Labelling):
        raise InputError("The pipeline labels its outputs already.")
    if not hasattr(pipeline, "__dict__") or inspect.isroutine(pipeline):
        raise InputError(f"A pipeline is needed, an object that is called; this is {kind.__name__}.")
    # The name stays, since diffusers stores it with the configuration of a pipeline.
    own = type(kind.__name__, (_Labelling, kind), {"__module__": kind.__module__, "__doc__": kind.__doc__})
    pipeline.__dict__["_synthmark"] = _Labels(labeler or Labeler(), on_records)
    pipeline.__class__ = own
    return pipeline


@dataclasses.dataclass(frozen=True, slots=True)
class _Labels:
    """How a pipeline labels."""

    labeler: Labeler
    on_records: OnRecords | None


class _Labelling:
    """Stands before the class of a pipeline."""

    _synthmark: _Labels

    def __call__(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - as the pipeline
        """Run the pipeline and label what it returns."""
        run = super().__call__  # type: ignore[misc]  # the pipeline's
        call = _bound(run, args, options)
        if _value(call, "output_type") == "latent":
            raise InputError(
                'Latents cannot be labelled: leave output_type as it is, or ask for "pil", "np" or "pt".'
            )
        as_tuple = _value(call, "return_dict") is False
        if as_tuple:
            call.arguments["return_dict"] = True  # a record tells by its names what is what
        output = OutputLabeler(self._synthmark.labeler)
        labelled = output.labelled(run(*call.args, **call.kwargs))
        if not output.records:
            raise InputError("The pipeline returned no picture that could be labelled.")
        _tell(self._synthmark.on_records, output.records)
        return _as_tuple(labelled) if as_tuple else _with_records(labelled, output.records)


def _bound(run: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> inspect.BoundArguments:
    """Return the arguments of a call by their names; wrong ones are for the pipeline to refuse."""
    call = inspect.signature(run).bind(*args, **options)
    call.apply_defaults()
    return call


def _value(call: inspect.BoundArguments, name: str) -> object:
    """Return an argument of a call, also of pipelines that pass their keywords on."""
    if name in call.arguments:
        return call.arguments[name]
    rest = [item.name for item in call.signature.parameters.values() if item.kind is item.VAR_KEYWORD]
    return call.arguments[rest[0]].get(name) if rest else None


def _as_tuple(output: Any) -> Any:  # noqa: ANN401 - as the pipeline
    """Return the fields of an output as its pipeline returns them without names, those that are None too."""
    if not dataclasses.is_dataclass(output):
        return output
    return tuple(getattr(output, item.name) for item in dataclasses.fields(output))


def _with_records(output: Any, records: Sequence[ContentRecord]) -> Any:  # noqa: ANN401 - as the pipeline
    if dataclasses.is_dataclass(output):
        output.label_records = tuple(records)  # type: ignore[union-attr]  # a class is none
    return output


def _tell(on_records: OnRecords | None, records: Sequence[ContentRecord]) -> None:
    if on_records is not None:
        on_records(records)
