import numpy as np
import pytest

from synthmark.image.carriers import TILE
from synthmark.video.pictures import Chunk
from synthmark.video.runs import Run


def chunk(number, level=1.0):
    random = np.random.default_rng(number)
    picture = (level * random.standard_normal((320, 400))).astype(np.float32)
    return Chunk(0.5 * number, 0.5 * number + 0.5, picture, np.fft.fft2(random.standard_normal((TILE, TILE))))


def test_each_chunk_has_a_spectrum_and_four_share_a_picture():
    run = Run([chunk(number) for number in range(9)], (256, 320))
    assert len(run.spectra) == 9
    assert len(run.pictures) == 3
    assert run.shape == (320, 400)
    assert len(run.single_pictures) == 9


def test_the_first_chunks_count_most():
    same = chunk(0)
    run = Run([same] * 8, (256, 320))
    levels = [float(np.abs(spectrum).mean()) for spectrum in run.spectra]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] / levels[-1] == pytest.approx(1 + 0.15 * 7)
    assert run.pictures[0].std() > 1.3 * run.pictures[1].std()


def test_a_single_chunk_is_a_run():
    run = Run([chunk(3)], (256, 320))
    assert len(run.spectra) == len(run.pictures) == 1
