"""Faces in known pictures."""

import numpy as np
import pytest
from skimage import data

from synthmark._opencv import opencv
from synthmark.visible.boxes import Box
from synthmark.visible.faces import large_faces, small_faces

# The face in skimage's astronaut (512 x 512).
FACE = Box(175, 75, 265, 195)


@pytest.fixture(scope="module")
def astronaut():
    return opencv().cvtColor(data.astronaut(), opencv().COLOR_RGB2GRAY)


def test_a_large_face_is_found_where_it_is(astronaut):
    assert any(face.shared_area(FACE) > 0.6 * FACE.area for face in large_faces(astronaut[:400, :400]))


def test_a_small_face_is_found_around_a_place_and_everywhere(astronaut):
    small = opencv().resize(astronaut, (256, 256), interpolation=opencv().INTER_AREA)
    scene = np.full((600, 600), 120, np.uint8)
    scene[330:586, 330:586] = small
    face = FACE.scaled(0.5, 0.5).moved(330, 330)
    for found in (small_faces(scene), small_faces(scene, Box(400, 480, 590, 560))):
        assert any(box.shared_area(face) > 0.6 * face.area for box in found)
    assert not any(box.shared_area(face) for box in small_faces(scene, Box(5, 5, 60, 60)))


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (400, 3), (25, 25), (300, 300)])
def test_pictures_of_any_shape_without_faces_have_none(shape):
    flat = np.full(shape, 90, np.uint8)
    assert large_faces(flat) == []
    assert small_faces(flat) == []
