"""A web service that gives out generated pictures and speech, all of them labelled.

Run it with ``pip install fastapi uvicorn`` and ``uvicorn fastapi_app:app`` in a folder with ``synthmark.toml``. Put
your generators in the place of `paint` and `speak`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Annotated

import numpy as np
from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from PIL import Image

import synthmark

RATE = 24000

app = FastAPI()
labeler = synthmark.Labeler.from_config()  # one for all requests, whatever thread they run in

Prompt = Annotated[str, Query(min_length=1, max_length=1000)]


def paint(prompt: str) -> Image.Image:
    """Return a picture; a stand-in for a generator."""
    coarse = np.random.default_rng(len(prompt)).integers(0, 255, (12, 16, 3), np.uint8)
    return Image.fromarray(coarse).resize((640, 480), Image.Resampling.BICUBIC)


def speak(text: str) -> Iterator[np.ndarray]:
    """Yield a tenth of a second of sound at a time; a stand-in for a generator."""
    rng = np.random.default_rng(len(text))
    for _ in range(60):
        yield rng.normal(0, 3000, RATE // 10).astype(np.int16)


@app.exception_handler(synthmark.SynthmarkError)
def refused(_request: Request, _error: synthmark.SynthmarkError) -> JSONResponse:
    """Answer without content: what cannot be labelled does not leave."""
    return JSONResponse({"error": "The content cannot be labelled."}, status_code=500)


@app.get("/picture")
def picture(prompt: Prompt) -> Response:
    """Return a PNG file with visible label, watermark and metadata label."""
    buffer = io.BytesIO()
    paint(prompt).save(buffer, "PNG")
    labelled = labeler.label_bytes(buffer.getvalue())
    return Response(labelled.data, media_type="image/png", headers={"X-Content-Id": labelled.record.content_id})


@app.get("/speech")
def speech(text: Prompt) -> StreamingResponse:
    """Return 16-bit samples while they are made, the audible label first."""
    return StreamingResponse(spoken(text), media_type=f"audio/L16;rate={RATE};channels=1")


def spoken(text: str) -> Iterator[bytes]:
    """Yield labelled sound; a listener who leaves earlier is recorded, too."""
    with labeler.stream(RATE) as stream:
        for chunk in speak(text):
            yield network_order(stream.push(chunk))
        yield network_order(stream.finish())


def network_order(samples: np.ndarray) -> bytes:
    """Return samples as audio/L16 asks for them (RFC 2586)."""
    return samples.astype(">i2").tobytes()
