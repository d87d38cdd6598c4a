"""Small pictures: turned upright, without what a camera writes into large ones (where, when, with what), never larger than a process can bear."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

SIDE = 720
MOST_PIXELS = 12_000_000
"""About 60 MB while it is drawn."""
MOST_JPEG = 200_000_000
"""A JPEG is drawn small from the start, unless it is a progressive one; that, and anything else, has to be unpacked whole first."""
Image.MAX_IMAGE_PIXELS = MOST_JPEG


def draw(source: Path, target: Path) -> bool:
    """Write a preview of a picture as a JPEG; return False where it is too large, broken, or no picture."""
    try:
        with Image.open(source, formats=("JPEG", "PNG", "GIF", "WEBP")) as picture:
            small = picture.format == "JPEG" and not picture.info.get("progressive")
            if picture.width * picture.height > (MOST_JPEG if small else MOST_PIXELS):
                return False
            drawn: Image.Image = picture.convert("RGBA") if picture.mode in {"P", "PA", "1"} else picture
            drawn.thumbnail((SIDE, SIDE))
            upright = ImageOps.exif_transpose(drawn).convert("RGBA")
            flat = Image.new("RGB", upright.size, "white")
            flat.paste(upright, mask=upright.getchannel("A"))
            flat.save(target, "JPEG", quality=80, optimize=True)
    except Exception:
        return False
    return True


def blank(target: Path) -> None:
    """Write what stands where no preview can be drawn, so that it is tried once and a page has no torn picture: a sheet, crossed out."""
    sheet = Image.new("RGB", (320, 240), "#eef0f2")
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((110, 50, 210, 190), outline="#8a949e", width=3)
    pen.line((110, 190, 210, 50), fill="#8a949e", width=3)
    sheet.save(target, "JPEG", quality=80)
