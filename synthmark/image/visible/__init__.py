"""The visible label on pictures: text on a plate, at the edge or corner where it covers least."""

from synthmark.image.visible.placement import LabelPlacement, draw_label, label, place_label

__all__ = ["LabelPlacement", "draw_label", "label", "place_label"]
