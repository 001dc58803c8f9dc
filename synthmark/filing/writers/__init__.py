"""Documents as Markdown, PDF and DOCX."""

from __future__ import annotations

import importlib.util

from synthmark.errors import DependencyError

__all__ = ["require_libraries"]


def require_libraries() -> None:
    """Say what to install before anything is made.

    Raises
    ------
    DependencyError
        When python-docx or reportlab is missing.
    """
    if importlib.util.find_spec("docx") is None:
        raise DependencyError("The filing documents need python-docx: pip install 'synthmark[filing]'")
    if importlib.util.find_spec("reportlab") is None:
        raise DependencyError("The filing documents need reportlab: pip install reportlab")
