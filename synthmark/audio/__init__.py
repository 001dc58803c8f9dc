"""Sound: arrays in, arrays out; no files."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synthmark.audio.audible import label
    from synthmark.audio.cue_search import CueFinder, RhythmCue, find_cues
    from synthmark.audio.detection import AudioDetection, AudioMark
    from synthmark.audio.embedding import embed
    from synthmark.audio.extraction import StreamExtractor, extract
    from synthmark.audio.prompt_search import PromptFinder, SpokenPrompt, find_prompts
    from synthmark.audio.streaming import StreamEmbedder

_HOMES = {
    "AudioDetection": "detection",
    "AudioMark": "detection",
    "CueFinder": "cue_search",
    "PromptFinder": "prompt_search",
    "RhythmCue": "cue_search",
    "SpokenPrompt": "prompt_search",
    "StreamEmbedder": "streaming",
    "StreamExtractor": "extraction",
    "embed": "embedding",
    "extract": "extraction",
    "find_cues": "cue_search",
    "find_prompts": "prompt_search",
    "label": "audible",
}
__all__ = [
    "AudioDetection",
    "AudioMark",
    "CueFinder",
    "PromptFinder",
    "RhythmCue",
    "SpokenPrompt",
    "StreamEmbedder",
    "StreamExtractor",
    "embed",
    "extract",
    "find_cues",
    "find_prompts",
    "label",
]


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'synthmark.audio' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"synthmark.audio.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
