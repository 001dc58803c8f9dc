"""A page on which people describe a picture and get it labelled.

Run it with ``pip install gradio`` and ``python gradio_app.py`` in a folder with ``synthmark.toml``. Put your
generator in the place of `paint`.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

import synthmark

labeler = synthmark.Labeler.from_config()
folder = Path(tempfile.mkdtemp(prefix="labelled-"))


def paint(prompt: str) -> Image.Image:
    """Return a picture; a stand-in for a generator."""
    coarse = np.random.default_rng(len(prompt)).integers(0, 255, (12, 16, 3), np.uint8)
    return Image.fromarray(coarse).resize((640, 480), Image.Resampling.BICUBIC)


def labelled(prompt: str) -> str:
    """Return the path of a labelled file: Gradio sends a file as it is, and would encode a picture anew."""
    buffer = io.BytesIO()
    paint(prompt).save(buffer, "PNG")
    try:
        result = labeler.label_bytes(buffer.getvalue())
    except synthmark.SynthmarkError as error:
        raise gr.Error("The picture cannot be labelled, and is not shown.") from error
    path = folder / f"{result.record.content_id}.png"
    path.write_bytes(result.data)
    return str(path)


demo = gr.Interface(
    fn=labelled,
    inputs=gr.Textbox(label="What shall the picture show?"),
    outputs=gr.Image(type="filepath", format="png", label="AI-generated"),
)

if __name__ == "__main__":
    demo.launch(allowed_paths=[str(folder)])
