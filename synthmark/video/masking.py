"""How strong the mark may be at each place of a frame: what neither the eye nor the codec minds there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Mask", "local_activity"]

_FLAT_LIMIT = 0.9  # standard deviation of the mark that may show where a frame is flat, still and not dark
# Texture hides much, but it is also what lies in the way of the mark: little is gained by more there.
_ACTIVITY_GAIN, _ACTIVITY_LIMIT = 0.02, 20.0
# A pattern that stands still under moving content is coded anew in every frame, and shows as dirt on the glass.
_MOTION_LOSS, _MOTION_LIMIT = 1.2, 10.0
_STILL = 1.0  # mean change from frame to frame that is but noise
_BLACK, _DARK, _AT_BLACK = 16.0, 48.0, 0.8  # luma between which the strength rises from what it is at black
_MOTION_GAIN = 0.4  # of what may show, for each unit of motion
_NEW_SHARE = 0.3  # of each frame's mask: it follows slowly, so that it does not flicker


def local_activity(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the least standard deviation of high-passed luma around each pixel, at most 20."""
    cv2 = opencv()
    high = small - cv2.blur(small, (7, 7))
    activity = np.sqrt(np.maximum(cv2.blur(high * high, (9, 9)), 0))
    activity = cv2.erode(activity, np.ones((9, 9), np.uint8))
    return np.asarray(np.minimum(cv2.blur(activity, (5, 5)), np.float32(_ACTIVITY_LIMIT)))


class Mask:
    """The strength of the mark over the canonical frame, followed from frame to frame."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._wanted: NDArray[np.float32] | None = None
        self._limit: NDArray[np.float32] | None = None

    def follow(self, small: NDArray[np.float32], cut: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the relative strength at each pixel, and the most that it may be there.

        Parameters
        ----------
        small
            Luma on the canonical frame, float32, in steps of eight bits.
        cut
            Whether a scene begins: what was before is forgotten.

        Returns
        -------
        Two float32 arrays like `small`: about one where the frame is flat, still and not dark; and the highest
        standard deviation of the mark, in steps of eight bits.
        """
        wanted, limit = self._still(small)
        if self._before is not None and not cut:
            motion = self._motion(small, self._before)
            wanted /= 1 + np.float32(_MOTION_LOSS) * motion
            limit *= 1 + np.float32(_MOTION_GAIN) * motion
        self._wanted = _followed(self._wanted, wanted, cut)
        self._limit = _followed(self._limit, limit, cut)
        self._before = small
        return self._wanted, self._limit

    @staticmethod
    def _still(small: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        light = np.clip((opencv().blur(small, (9, 9)) - _BLACK) / (_DARK - _BLACK), 0, 1)
        wanted = (_AT_BLACK + (1 - _AT_BLACK) * light) * (1 + _ACTIVITY_GAIN * local_activity(small))
        wanted = np.asarray(wanted, np.float32)
        return wanted, np.float32(_FLAT_LIMIT) * wanted

    @staticmethod
    def _motion(small: NDArray[np.float32], before: NDArray[np.float32]) -> NDArray[np.float32]:
        change = opencv().blur(np.abs(small - before), (15, 15))
        return np.asarray(np.clip(change - np.float32(_STILL), 0, np.float32(_MOTION_LIMIT)), np.float32)


def _followed(old: NDArray[np.float32] | None, new: NDArray[np.float32], cut: bool) -> NDArray[np.float32]:
    return new if old is None or cut else old + np.float32(_NEW_SHARE) * (new - old)
