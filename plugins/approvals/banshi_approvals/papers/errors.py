"""What can go wrong with a paper. Each is a ``Refused`` of the kernel: its message is in the reader's language and names the way out.

PaperError
├── CannotDraw        typst refuses what was to be drawn
│   └── GlyphMissing  no font has a character of the text: a name must never come out as an empty box
├── SealUnavailable   503: the key of a seal cannot be used; the message says what to mend, and nothing half-made is left
└── AlreadySealed     409: the paper bears this seal
"""

from __future__ import annotations

from banshi import Refused, Text


class PaperError(Refused):
    """Root of what papers refuse."""


class CannotDraw(PaperError):
    """The paper cannot be drawn."""

    status = 400


class GlyphMissing(CannotDraw):
    """No font has a character of the text; ``lacking`` are those."""

    def __init__(self, text: Text | str, lacking: tuple[str, ...] = (), **values: object) -> None:
        self.lacking = lacking
        super().__init__(text, **values)


class SealUnavailable(PaperError):
    """The key of a seal cannot be used now."""

    status = 503


class AlreadySealed(PaperError):
    """The paper bears this seal already; a second one would say nothing more."""

    status = 409
