"""Containers and codecs: packets, frames and samples in and out; nothing here knows of labels."""
