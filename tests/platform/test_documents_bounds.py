"""Files made to hurt: whatever is in one, it takes no more memory than it may, and no more of the process than its own request."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
import threading
import warnings
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from test_documents import picture, zipped

from banshi.documents import kinds, previews
from banshi.errors import Invalid

MEASURE = """
import resource, sys
from pathlib import Path
from banshi.documents import kinds, previews
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
path, before = Path(sys.argv[2]), peak()
try:
    said = previews.draw(path, path.with_suffix(".out")) if sys.argv[1] == "draw" else kinds.kind_of(path).media_type
except Exception as refused:
    said = type(refused).__name__
print(said, (peak() - before) // (1000 if sys.platform == "linux" else 1_000_000))
"""


def measured(do: str, path: Path) -> tuple[str, int]:
    """Return what a process of its own says of a file, and the megabytes that it took for that."""
    # Nobody's peak but its own: one that is forked off begins with that of its parent, so a small shell stands in between.
    command = ["/bin/sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-W", "ignore", "-c", MEASURE, do, str(path)]
    said, megabytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return said, int(megabytes)


def test_a_zip_of_one_endless_name_of_its_kind_takes_no_memory(tmp_path: Path) -> None:
    """`mimetype` says what an OpenDocument is; this one is 280 MB long, in a file of 3 MB, at a ratio like that of a honest sheet."""
    path = tmp_path / "a"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("mimetype", "w") as member:
        for _piece in range(1400):
            member.write(os.urandom(2_000) + b"\0" * 198_000)
    said, megabytes = measured("kind", path)
    assert said == "Invalid"
    assert megabytes < 20


def test_a_zip_that_lists_endless_members_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a"
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(entry) * 400_000, 30, 0)
    path.write_bytes(b"PK\3\4" + b"\0" * 26 + entry * 400_000 + end)
    said, megabytes = measured("kind", path)
    assert said == "Invalid"
    assert megabytes < 20


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_packed_as_no_office_packs_is_not_unpacked(tmp_path: Path, method: int) -> None:
    path = tmp_path / "a"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr("word/document.xml", os.urandom(3_000))
    with pytest.raises(Invalid):
        kinds.kind_of(path)


@pytest.mark.parametrize("end", [b"", b"PK\5\6", struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 0xFFFFFFFF, 0, 0)])
def test_a_zip_whose_end_lies_is_refused(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "a").write_bytes(zipped(a=b"b")[:-22] + end)
    with pytest.raises(Invalid):
        kinds.kind_of(tmp_path / "a")


@pytest.mark.parametrize(
    ("stream", "media_type"),
    [("WordDocument", "application/msword"), ("Workbook", "application/vnd.ms-excel"), ("PowerPoint Document", "application/vnd.ms-powerpoint")],
)
def test_office_documents_of_the_years_before_are_taken_without_macros(tmp_path: Path, stream: str, media_type: str) -> None:
    """As far as their directory goes: the header, and names in UTF-16 in entries of their own, here across two pieces that are read."""

    def written(*names: str) -> Path:
        body = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * (65_536 - 8 - 7)
        (tmp_path / "a").write_bytes(body + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names))
        return tmp_path / "a"

    assert kinds.kind_of(written("Root Entry", stream)).media_type == media_type
    assert kinds.kind_of(written(stream)).media_type == media_type
    with pytest.raises(Invalid, match="macros"):
        kinds.kind_of(written(stream, "_VBA_PROJECT"))
    with pytest.raises(Invalid, match="not taken"):
        kinds.kind_of(written("Root Entry", "something else"))


def test_a_progressive_picture_is_not_unpacked_to_be_drawn_small(tmp_path: Path) -> None:
    path = tmp_path / "a"
    Image.new("RGB", (9_400, 9_400), "red").save(path, "JPEG", progressive=True)
    said, megabytes = measured("draw", path)
    assert said == "False"
    assert megabytes < 20


def test_the_largest_pictures_that_are_drawn_take_less_than_a_hundred_megabytes(tmp_path: Path) -> None:
    Image.new("RGB", (4_000, 2_999), "red").save(tmp_path / "a", "PNG")
    Image.new("RGB", (13_000, 13_000), "red").save(tmp_path / "b", "JPEG")
    for name in ("a", "b"):
        said, megabytes = measured("draw", tmp_path / name)
        assert said == "True", name
        assert megabytes < 100, name


def test_pictures_drawn_at_once_leave_the_process_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(picture(side=600, exif=True))
    before = list(warnings.filters)
    drawing = [threading.Thread(target=lambda n=n: [previews.draw(tmp_path / "a", tmp_path / f"b{n}") for _ in range(15)]) for n in range(4)]
    for thread in drawing:
        thread.start()
    for thread in drawing:
        thread.join()
    assert list(warnings.filters) == before


def test_a_picture_taken_sideways_stands_upright(tmp_path: Path) -> None:
    said, sideways = Image.Exif(), Image.new("RGB", (400, 200), "red")
    said[0x0112] = 6  # to be turned by 90 degrees
    sideways.paste("blue", (0, 0, 200, 200))
    sideways.save(tmp_path / "a", "JPEG", exif=said, quality=95)
    assert previews.draw(tmp_path / "a", tmp_path / "b")
    with Image.open(tmp_path / "b") as drawn:
        assert drawn.size == (200, 400)
        red, _green, blue = drawn.getpixel((100, 50))  # type: ignore[misc]
        assert blue > 200 > red


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "GIF", "WEBP"])
@pytest.mark.filterwarnings("ignore")
def test_no_broken_picture_breaks_what_draws_it(tmp_path: Path, fmt: str) -> None:
    luck = random.Random(fmt)
    whole = picture(fmt, exif=fmt != "GIF")
    for _try in range(300):
        broken = bytearray(whole)
        for _byte in range(luck.randint(1, 6)):
            broken[luck.randrange(len(broken))] = luck.randrange(256)
        (tmp_path / "a").write_bytes(broken)
        assert previews.draw(tmp_path / "a", tmp_path / "b") in {True, False}


def test_where_nothing_can_be_drawn_there_is_a_sheet_and_no_torn_picture(tmp_path: Path) -> None:
    previews.blank(tmp_path / "a")
    with Image.open(io.BytesIO((tmp_path / "a").read_bytes())) as sheet:
        assert sheet.format == "JPEG"
        assert max(sheet.size) <= previews.SIDE
