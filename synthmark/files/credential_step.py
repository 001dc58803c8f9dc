"""Signing a file that is otherwise finished."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthmark.errors import MediaError

if TYPE_CHECKING:
    from pathlib import Path

    from synthmark.credential import Claims, Signer

__all__ = ["CredentialStep"]


@dataclass(frozen=True, slots=True)
class CredentialStep:
    """The signed credential of one file, which is written last: any later change would break it.

    Attributes
    ----------
    signer
        Who signs.
    claims
        What the credential says.
    """

    signer: Signer
    claims: Claims

    def added(self, data: bytes) -> bytes:
        """Return the bytes of a file with its credential.

        Raises
        ------
        CredentialError, DependencyError
            See `synthmark.credential.sign`.
        """
        from synthmark.credential import sign  # noqa: PLC0415 - `import synthmark` stays light

        target = io.BytesIO()
        sign(io.BytesIO(data), target, self.claims, self.signer)
        return target.getvalue()

    def write(self, source: Path, target: Path) -> None:
        """Write a copy of a file with its credential; large files are never in memory as a whole.

        Raises
        ------
        MediaError
            When the one cannot be read or the other cannot be written.
        CredentialError, DependencyError
            See `synthmark.credential.sign`.
        """
        from synthmark.credential import sign  # noqa: PLC0415 - as above

        try:
            with source.open("rb") as unsigned, target.open("w+b") as signed:
                sign(unsigned, signed, self.claims, self.signer)
        except OSError as error:
            raise MediaError(f"{target.parent} cannot be written to: {error.strerror or error}.") from error
