"""What a file is, by what is in it and never by its name. What is not on the list is not taken."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from banshi.errors import Invalid
from banshi.texts import translator

_ = translator("banshi")

HEAD = 4096
SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (8, b"heic", "image/heic"),
    (8, b"heix", "image/heic"),
    (8, b"mif1", "image/heic"),
    (8, b"M4A ", "audio/mp4"),
    (8, b"3g", "video/3gpp"),
    (8, b"qt  ", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
)
"""Where what stands in a file of each kind; the first that fits. A list of what is taken, so it is ours."""
OFFICE: Mapping[str, str] = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
OLD_OFFICE: Mapping[str, str] = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}
"""By the name of its main stream. Many offices, and every version of WPS, still write these."""
ENDINGS: Mapping[str, str] = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "application/pdf": ".pdf",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/3gpp": ".3gp",
    "video/webm": ".webm",
    OFFICE["word/"]: ".docx",
    OFFICE["xl/"]: ".xlsx",
    OFFICE["ppt/"]: ".pptx",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    f"{OPEN_DOCUMENT}text": ".odt",
    f"{OPEN_DOCUMENT}spreadsheet": ".ods",
    f"{OPEN_DOCUMENT}presentation": ".odp",
    "text/plain": ".txt",
}
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
MOST_MEMBERS, MOST_INFLATED, MOST_RATIO = 5_000, 300_000_000, 200
MOST_LISTED = 2_000_000
"""Bytes that a zip's list of contents may have: it is read whole, and a list of nothing costs ten times its size."""
NOT_TAKEN = _("Files of this kind are not taken. Send a picture, a PDF, an office document, a text, a recording or a film.")
A_BOMB = _("This file unpacks to more than it may. Save it anew, or send a PDF.")
MACROS = _("Documents with macros are not taken. Save it without them, or send a PDF.")


class Kind(msgspec.Struct, frozen=True):
    """A file's media type and the ending that goes with it."""

    media_type: str
    ending: str


MAIL = Kind("message/rfc822", ".eml")
"""A mail as it came: kept whole, given away to nobody."""


def kind_of(path: Path) -> Kind:
    """Return what the file is; Invalid where it is none that is taken, or unpacks to more than it may."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise Invalid(_("The file is empty."))
    if head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        media_type = _office(path)
    elif head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        media_type = _old_office(path)
    elif (found := _by_signature(head)) is not None:
        media_type = found
    elif _is_text(path):
        media_type = "text/plain"
    else:
        raise Invalid(NOT_TAKEN)
    return Kind(media_type, ENDINGS[media_type])


def _by_signature(head: bytes) -> str | None:
    """Return what a file is by its first bytes; WEBP and WAVE only within RIFF, the brands of a telephone only within their container."""
    for place, sign, media_type in SIGNATURES:
        if head[place : place + len(sign)] != sign:
            continue
        if place == 8 and not (head.startswith(b"RIFF") if media_type in {"image/webp", "audio/wav"} else head[4:8] == b"ftyp"):
            continue
        return media_type
    return None


def _office(path: Path) -> str:
    """Return which office document a zip is; what it says it unpacks to is bounded, and what it really does is read to the bound."""
    _listed(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS or sum(m.file_size for m in members) > MOST_INFLATED:
                raise Invalid(A_BOMB)
            if any(m.file_size > MOST_RATIO * max(1, m.compress_size) and m.file_size > 1_000_000 for m in members):
                raise Invalid(A_BOMB)
            if any(m.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for m in members):
                raise Invalid(NOT_TAKEN)  # no office writes others, and they are unpacked without a bound
            names = {m.filename for m in members}
            _really(archive, members)
            if "mimetype" in names:
                with archive.open("mimetype") as file:
                    said = file.read(100).decode("ascii", "replace")
                if said in ENDINGS and said.startswith(OPEN_DOCUMENT):
                    return said
            if "[Content_Types].xml" in names:
                for folder, media_type in OFFICE.items():
                    if any(n.startswith(folder) for n in names):
                        if any(n.endswith("vbaProject.bin") for n in names):
                            raise Invalid(MACROS)
                        return media_type
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise Invalid(NOT_TAKEN) from None
    raise Invalid(NOT_TAKEN)


def _listed(path: Path) -> None:
    """Refuse a zip whose list of contents is too long to be read, by the record at its end from which `zipfile` takes it."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - (1 << 16) - 22))
        tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < 22 or tail[max(0, place - 20) :].startswith(b"PK\x06\x07"):  # none, or one for sizes that no file here has
        raise Invalid(NOT_TAKEN)
    (length,) = struct.unpack_from("<L", tail, place + 12)
    if length > MOST_LISTED:
        raise Invalid(A_BOMB)


def _old_office(path: Path) -> str:
    """Return which office document of the years before 2007 it is, by the names in its directory."""
    names = {name: name.encode("utf-16-le") + b"\0\0" for name in (*OLD_OFFICE, "_VBA_PROJECT")}
    longest, found, kept = max(map(len, names.values())), set(), b""
    with path.open("rb") as file:
        while piece := file.read(1 << 16):
            piece = kept + piece
            found |= {name for name, sign in names.items() if sign in piece}
            kept = piece[-longest:]
    if "_VBA_PROJECT" in found:
        raise Invalid(MACROS)
    for name, media_type in OLD_OFFICE.items():
        if name in found:
            return media_type
    raise Invalid(NOT_TAKEN)


def _really(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    """Unpack to nowhere: a member that holds more than it says is a lie, and the sum is bounded."""
    left = MOST_INFLATED
    for member in members:
        with archive.open(member) as file:
            while piece := file.read(1 << 16):
                left -= len(piece)
                if left < 0:
                    raise Invalid(A_BOMB)


def _is_text(path: Path) -> bool:
    """Return whether all of it is text in UTF-8 without control characters; HTML and its like are no text to be sent."""
    with path.open("rb") as file:
        first, kept = True, b""
        while piece := file.read(1 << 16):
            piece = kept + piece
            try:
                piece.decode()
                kept = b""
            except UnicodeDecodeError as error:
                if len(piece) - error.start > 3:
                    return False
                kept, piece = piece[error.start :], piece[: error.start]
            if any(b < 9 or 13 < b < 32 for b in set(piece)):
                return False
            if first and piece.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
                return False
            first = False
        return not kept
