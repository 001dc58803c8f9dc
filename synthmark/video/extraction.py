"""Extraction from video: frames go in one after the other, marks come out with the spans in which they were found."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark.image.alignment import resized_frame
from synthmark.image.carriers import carriers
from synthmark.keys import key_bytes
from synthmark.payload import FORMAT_VERSION
from synthmark.video.acceptance import Ledger
from synthmark.video.detection import VideoDetection, VideoMark
from synthmark.video.pattern import frame_size
from synthmark.video.pictures import ChunkMaker, picture_size
from synthmark.video.presence import Template, merged, runs
from synthmark.video.runs import Run
from synthmark.video.search import KeySearch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from synthmark.image.alignment import Homography
    from synthmark.video.pictures import Chunk
    from synthmark.video.search import Found

    Together = Callable[[Sequence[Chunk]], Run]

__all__ = ["LumaExtractor"]

_SEGMENT = 16  # chunks that are searched together: eight seconds
_IN_PLACE = (1, 2, 4, 8, 16)  # latest chunks that are read at once, as soon as they are there
_TURNED = 2
_FEWEST = 2  # chunks without a known mark in which another is looked for


class _Key:
    """What was found with one key."""

    def __init__(self, key: bytes) -> None:
        self._carriers = carriers(key)
        self._ledger = Ledger()
        self._search = KeySearch(self._carriers, self._ledger)
        self._found: list[Found] = []
        self._templates: list[Template] = []
        self._spans: dict[int, list[tuple[float, float]]] = {}

    @property
    def decided(self) -> bool:
        return bool(self._found)

    @property
    def ledger(self) -> Ledger:
        return self._ledger

    def glance(self, chunks: Sequence[Chunk], together: Together) -> None:
        """Try the latest chunks, as long as nothing was found."""
        if self._found:
            return
        for count in _IN_PLACE:
            if len(chunks) >= count and self._remember(self._search.in_place(together(chunks[-count:]))):
                return
        if len(chunks) >= _TURNED:
            self._remember(self._search.turned(together(chunks[-_TURNED:])))

    def conclude(self, chunks: Sequence[Chunk], together: Together) -> None:
        """Find all marks of a segment, and where each is."""
        for rest in runs(chunks, self._absent(chunks, self._templates)):
            self._explore(rest, together)

    def _explore(self, chunks: Sequence[Chunk], together: Together) -> None:
        """Look for a further mark in chunks that hold no known one, and again in what it leaves."""
        if len(chunks) < _FEWEST and self._found:
            return
        search, run = self._search, together(chunks)
        found = search.in_place(run) or search.turned(run, fit=True) or search.mapped(run) or search.upright(run)
        if not self._remember(found):
            return
        absent = self._absent(chunks, self._templates[-1:])
        if not all(absent):
            for rest in runs(chunks, absent):
                self._explore(rest, together)

    def _remember(self, found: Found | None) -> bool:
        if found is None:
            return False
        self._found.append(found)
        self._templates.append(Template(found, self._carriers))
        return True

    def _absent(self, chunks: Sequence[Chunk], templates: Sequence[Template]) -> list[bool]:
        """Return which chunks hold none of some known marks; note the spans of those that are there."""
        absent = [True] * len(chunks)
        for template in templates:
            number = self._found[self._templates.index(template)].content_id
            spans = self._spans.setdefault(number, [])
            for place, present in enumerate(template.presence(chunks)):
                if present:
                    absent[place] = False
                    spans.append((chunks[place].start, chunks[place].end))
        return absent

    def detection(self, canonical: tuple[int, int], size: tuple[int, int]) -> VideoDetection:
        """Return what was found; sizes of the canonical frame and of the averaged pictures."""
        if not self._found:
            return VideoDetection()
        spans = {number: merged(spans) for number, spans in self._spans.items()}
        first = {found.content_id: found for found in reversed(self._found)}
        marks = [VideoMark(content_id=number, spans=spans.get(number, ())) for number in first]
        marks.sort(key=lambda mark: mark.spans[:1])
        main = first[max(marks, key=lambda mark: sum(end - start for start, end in mark.spans)).content_id]
        scale, angle, flipped = _geometry(main.frame, canonical, size)
        return VideoDetection(
            found=True,
            content_id=main.content_id,
            false_alarm_probability=max(found.false_alarm_probability for found in self._found),
            strength=main.strength,
            version=FORMAT_VERSION,
            spans=spans.get(main.content_id, ()),
            marks=tuple(marks),
            scale=scale,
            angle=angle,
            flipped=flipped,
        )


class LumaExtractor:
    """Looks for marks in the frames of one video, which are given in the order in which they are shown.

    Parameters
    ----------
    key
        16 to 1024 bytes; None for the published default key.
    width, height
        Of the luma plane.
    bit_depth
        8 to 16; planes of more than eight bits are uint16.
    full_range
        Of the luma; the mark does not depend on it.
    keys
        Keys to look for instead of `key`; `detections` answers for each.
    """

    def __init__(  # noqa: PLR0913 - options by keyword
        self,
        key: bytes | None = None,
        *,
        width: int,
        height: int,
        bit_depth: int = 8,
        full_range: bool = False,  # noqa: ARG002 - contrast and brightness are levelled anyway
        keys: Sequence[bytes | None] = (),
    ) -> None:
        self._canonical = frame_size(height, width)
        self._size = picture_size(height, width)
        self._maker = ChunkMaker(height, width, bit_depth)
        self._keys = [_Key(key_bytes(each)) for each in keys or (key,)]
        self._segment: list[Chunk] = []
        self._runs: dict[tuple[float, float], Run] = {}
        self._finished = False

    @property
    def decided(self) -> bool:
        """Whether a mark was found: what follows adds spans and further marks."""
        return any(each.decided for each in self._keys)

    @property
    def decodings(self) -> tuple[int, ...]:
        """How often a payload was decoded so far, for each key; a long list counts for several."""
        return tuple(each.ledger.decoded for each in self._keys)

    @property
    def guesses(self) -> tuple[int, ...]:
        """How often one was decoded besides, whose message would have had to be clear, for each key."""
        return tuple(each.ledger.guessed for each in self._keys)

    @property
    def pilot_scores(self) -> tuple[float, ...]:
        """The best pilot score among those that were decoded or nearly so, for each key."""
        return tuple(each.ledger.best_score for each in self._keys)

    def push(self, luma: NDArray[Any], seconds: float) -> None:
        """Take the next frame.

        Parameters
        ----------
        luma
            uint8 or uint16 (height, width); only read.
        seconds
            When it is shown.
        """
        self._take(self._maker.push(luma, seconds))

    def detection(self) -> VideoDetection:
        """Return what was found for the first key; no frames may follow."""
        return self.detections()[0]

    def detections(self) -> tuple[VideoDetection, ...]:
        """Return what was found for each key; no frames may follow."""
        if not self._finished:
            self._finished = True
            self._take(self._maker.finish())
            self._conclude()
        return tuple(each.detection(self._canonical, self._size) for each in self._keys)

    def _take(self, chunk: Chunk | None) -> None:
        if chunk is None:
            return
        self._segment.append(chunk)
        for each in self._keys:
            each.glance(self._segment, self._together)
        self._runs.clear()
        if len(self._segment) == _SEGMENT:
            self._conclude()

    def _together(self, chunks: Sequence[Chunk]) -> Run:
        """Return a run of chunks; what was made of it is kept for the next key."""
        span = chunks[0].start, chunks[-1].end
        if span not in self._runs:
            self._runs[span] = Run(chunks, self._canonical)
        return self._runs[span]

    def _conclude(self) -> None:
        """Search what has gathered, and forget its pictures."""
        if self._segment:
            for each in self._keys:
                each.conclude(self._segment, self._together)
        self._segment = []
        self._runs.clear()


def _geometry(frame: Homography, canonical: tuple[int, int], size: tuple[int, int]) -> tuple[float, float, bool]:
    """Return scale, angle in degrees anticlockwise, and whether mirrored, against a video that was only resized."""
    linear = np.linalg.solve(resized_frame(size, canonical), frame)[:2, :2]
    flipped = bool(np.linalg.det(linear) < 0)
    across = linear[:, 0] * (-1 if flipped else 1)
    angle = -math.degrees(math.atan2(across[1], across[0]))
    return round(math.sqrt(abs(np.linalg.det(linear))), 4), round(angle, 2) + 0.0, flipped
