"""Programme loudness by ITU-R BS.1770-4: K-weighted, gated, in LUFS, as FFmpeg's filter `ebur128` measures it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark.errors import DependencyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LoudnessMeter", "integrated_loudness"]

_ABSOLUTE_GATE = -70.0
_LAYOUTS = {1: "mono", 2: "stereo", 5: "5.0", 6: "5.1", 8: "7.1"}
"""Channels in the order of WAV files; of other numbers of channels all count alike."""


class LoudnessMeter:
    """Measures the loudness of sound that arrives piece by piece.

    Parameters
    ----------
    rate
        Hertz.
    """

    def __init__(self, rate: float) -> None:
        self._rate = round(rate)
        self._meter: _Meter | None = None

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples: (n, channels), full scale 1.

        Raises
        ------
        DependencyError
            When the library that measures cannot be loaded.
        """
        if self._meter is None:
            self._meter = _Meter(self._rate, samples.shape[1])
        if len(samples):
            self._meter.push(samples)

    def loudness(self) -> float:
        """Return the gated loudness so far in LUFS; minus infinity for silence and for less than 0.4 s."""
        found = _ABSOLUTE_GATE if self._meter is None else self._meter.loudness
        return found if found > _ABSOLUTE_GATE else -math.inf


class _Meter:
    """One run of the filter."""

    def __init__(self, rate: int, channels: int) -> None:
        self._av = _library()
        self._rate, self._layout = rate, _LAYOUTS.get(channels, f"{channels} channels")
        self._graph = self._av.filter.Graph()
        source = self._graph.add_abuffer(format="flt", sample_rate=rate, layout=self._layout)
        measuring = self._graph.add("ebur128", "metadata=1")
        source.link_to(measuring)
        measuring.link_to(self._graph.add("abuffersink"))
        self._graph.configure()
        self.loudness = _ABSOLUTE_GATE

    def push(self, samples: NDArray[np.float32]) -> None:
        packed = np.ascontiguousarray(samples, np.float32).reshape(1, -1)
        frame = self._av.AudioFrame.from_ndarray(packed, format="flt", layout=self._layout)
        frame.sample_rate = self._rate
        self._graph.push(frame)
        while True:
            try:
                measured = self._graph.pull()
            except BlockingIOError:  # it wants more sound
                return
            self.loudness = float(measured.metadata.get("lavfi.r128.I", self.loudness))


def _library() -> Any:  # noqa: ANN401 - PyAV's types are not known here
    try:
        import av.filter  # noqa: PLC0415 - loaded when loudness is asked for
    except ImportError as error:
        raise DependencyError(
            f"Measuring loudness needs the library av (PyAV), which cannot be loaded ({error}). "
            "Install it with: pip install av"
        ) from error
    return av


def integrated_loudness(samples: NDArray[np.float32], rate: float) -> float:
    """Return the gated loudness in LUFS; minus infinity for silence and for less than 0.4 s.

    Parameters
    ----------
    samples
        Shape (n, channels), full scale 1; 5, 6 and 8 channels in the order of WAV files.
    rate
        Hertz.

    Raises
    ------
    DependencyError
        When the library that measures cannot be loaded.
    """
    meter = LoudnessMeter(rate)
    meter.push(samples)
    return meter.loudness()
