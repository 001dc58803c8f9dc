"""Where a label goes."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthmark.errors import InputError
from synthmark.image.pictures import as_picture
from synthmark.image.visible.reduction import reduced
from synthmark.visible.analysis import analyse
from synthmark.visible.boxes import Box
from synthmark.visible.layout import fit
from synthmark.visible.places import ANCHORS, best_places, requested_place, usual_anchor
from synthmark.visible.typeface import load_typeface

SIZE = (800, 600)
LAYOUT = fit("AI生成", load_typeface(), SIZE, 0.05)


def analysed(*faces, size=SIZE):
    """A flat picture in which faces are said to be at boxes."""
    found = analyse(reduced(as_picture(np.full((size[1], size[0]), 100, np.uint8))), size)
    return dataclasses.replace(found, faces=[Box(*face).scaled(*found.scale) for face in faces])


@pytest.mark.parametrize(
    ("size", "anchor"),
    [
        ((800, 600), "bottom-right"),
        ((600, 800), "bottom-right"),
        ((1080, 1920), "top-left"),
        ((1920, 1080), "bottom-right"),
    ],
)
def test_without_anything_in_the_way_it_is_the_usual_corner(size, anchor):
    layout = fit("AI生成", load_typeface(), size, 0.05)
    assert usual_anchor(*size) == anchor
    assert best_places(analysed(size=size), layout, size)[0].place.anchor == anchor


def test_a_face_moves_the_label_to_another_corner():
    best = best_places(analysed((600, 400, 800, 600)), LAYOUT, SIZE)
    assert best[0].place.anchor == "bottom-left"
    assert next(s for s in best if s.place.anchor == "bottom-right").total > 100


def test_the_edges_are_searched_finely_when_all_places_cover_a_face():
    # Faces everywhere but for one gap along the lower edge that no standard place lies in.
    left = 250
    gap = Box(left, SIZE[1] - LAYOUT.full_height, left + LAYOUT.full_width + 12, SIZE[1])
    faces = [(0, 0, 800, gap.top - 1), (0, gap.top - 1, gap.left, 600), (gap.right, gap.top - 1, 800, 600)]
    best = best_places(analysed(*faces), LAYOUT, SIZE)[0]
    assert best.faces == 0
    assert best.place.anchor == "bottom"
    assert gap.left <= best.place.box.left <= best.place.box.right <= gap.right


def test_faces_everywhere_still_give_a_place():
    assert best_places(analysed((0, 0, 800, 600)), LAYOUT, SIZE)[0].faces == 1


def test_at_least_eight_places_compete_and_all_touch_an_edge():
    scores = best_places(analysed(), LAYOUT, SIZE)
    boxes = {score.place.box for score in scores}
    assert len(boxes) >= 20
    assert {score.place.anchor for score in scores} == set(ANCHORS)
    for box in boxes:
        gaps = (box.left, box.top, SIZE[0] - box.right, SIZE[1] - box.bottom)
        assert min(gaps) == LAYOUT.margin


@pytest.mark.parametrize("anchor", ANCHORS)
def test_a_named_place_is_where_its_name_says(anchor):
    place = requested_place(anchor, LAYOUT, SIZE)
    assert place.anchor == anchor
    box, margin = place.box, LAYOUT.margin
    assert (box.left == margin) == ("left" in anchor)
    assert (SIZE[0] - box.right == margin) == ("right" in anchor)
    assert (box.top == margin) == ("top" in anchor)
    assert (SIZE[1] - box.bottom == margin) == ("bottom" in anchor)


@settings(max_examples=50)
@given(st.floats(0, 1), st.floats(0, 1))
def test_fractions_give_a_place_inside_the_picture(across, down):
    place = requested_place((across, down), LAYOUT, SIZE, force=True)
    assert 0 < place.box.left < place.box.right < SIZE[0]
    assert 0 < place.box.top < place.box.bottom < SIZE[1]
    assert place.anchor in ANCHORS


def test_a_place_inside_the_picture_needs_force():
    assert requested_place((0.4, 0.97), LAYOUT, SIZE).anchor == "bottom"
    with pytest.raises(InputError, match="not at an edge or corner"):
        requested_place((0.4, 0.6), LAYOUT, SIZE)


@pytest.mark.parametrize(
    "position",
    [
        "middle",
        "",
        3,
        (1, 2),
        (0.5,),
        (float("nan"), 0),
        (-0.1, 0),
        ("0", 0),
        [0, None],
        (0, 0, 0),
        object(),
        {},
    ],
)
def test_what_is_no_position_is_refused_even_when_forced(position):
    with pytest.raises(InputError, match="A position is one of"):
        requested_place(position, LAYOUT, SIZE, force=True)
