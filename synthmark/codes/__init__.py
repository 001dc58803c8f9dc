"""The soft-decision code shared by pictures, sound and video: a polar code read with a list decoder."""

from synthmark.codes.polar import PolarCode

__all__ = ["PolarCode"]
