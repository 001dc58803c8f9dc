"""Examines one file: the report on all layers, the details that explain it, and the evidence pictures.

Runs in the child process of `extract_tool.sandbox`, since everything here reads bytes of the file.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

from extract_tool.sandbox_child import limits_in_force
from synthmark.console import ExitCode, error_code
from synthmark.errors import SynthmarkError

if TYPE_CHECKING:
    from extract_tool.sandbox import Request
    from synthmark.report import Report

__all__ = ["examined"]


def examined(request: Request) -> dict[str, Any]:
    """Return ``report`` and ``pictures``, or ``error``; whatever happens, plain data that JSON can hold."""
    try:
        return _examined(request)
    except SynthmarkError as error:
        return _failed(type(error).__name__, str(error), error_code(error))
    except MemoryError:
        message = "There is too little memory for this file within the limit of the tool. It was not checked."
        return _failed("MemoryError", message, ExitCode.FAILURE)
    except Exception as error:  # noqa: BLE001 - a defect met in one file must not stop the others
        return _failed("InternalError", f"internal error: {type(error).__name__}: {error}", ExitCode.FAILURE)


def _failed(kind: str, message: str, code: int) -> dict[str, Any]:
    return {"error": {"kind": kind, "message": message}, "exit_code": int(code)}


def _examined(request: Request) -> dict[str, Any]:
    from extract_tool.evidence import evidence
    from extract_tool.layers import completed
    from extract_tool.opened import OpenedFile
    from synthmark import verification

    begin = time.perf_counter()
    report = verification.verify_file(request.path, request.config, keys=request.keys, tool=request.tool)
    file = OpenedFile(request.path, _key_found(request, report))
    report = completed(request, report, file)
    found = evidence(file, report.layer("visible").evidence.get("box")) if request.pictures else {}
    content = report.as_json()
    content["tool"]["limits"] = list(limits_in_force())
    if request.trust_list is not None:
        content["tool"]["trust_list"] = hashlib.sha256(request.trust_list.encode()).hexdigest()
    return {"report": content | {"seconds": round(time.perf_counter() - begin, 3)}, "pictures": found}


def _key_found(request: Request, report: Report) -> bytes | None:
    """Return the key that the report names, or None."""
    from synthmark.keys import key_id
    from synthmark.verification import keys_to_try

    named = report.layer("watermark").claims.get("key_id")
    return next((key for key in keys_to_try(request.config, request.keys) if key_id(key) == named), None)
