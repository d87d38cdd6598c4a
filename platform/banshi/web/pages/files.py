"""Adding files to a case or to a form that is being filled in."""

from __future__ import annotations

import msgspec

from banshi.web.pages.parts import Choice, FileRow


class FilesPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/files.html and desk/files.html: the files that are there, and the form for more.

    ``action`` carries the form's token; ``next`` leads on where the files belong to a form. ``problems`` are those of files that were not taken.
    """

    title: str
    caption: str
    back: str
    action: str
    files: tuple[FileRow, ...]
    limits: str
    button: str
    problems: tuple[str, ...] = ()
    audiences: tuple[Choice, ...] = ()
    next: str = ""
    added: str = ""
