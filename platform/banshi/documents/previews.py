"""Small pictures: turned upright, without what a camera writes into large ones (where, when, with what), never larger than a process can bear."""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image, ImageOps

SIDE = 720
MOST_PIXELS = 12_000_000
"""A JPEG is drawn small from the start; anything else has to be unpacked whole first."""
MOST_JPEG = 200_000_000


def draw(source: Path, target: Path) -> bool:
    """Write a preview of a picture as a JPEG; return False where it is too large, broken, or no picture."""
    try:
        with warnings.catch_warnings(), Image.open(source, formats=("JPEG", "PNG", "GIF", "WEBP")) as picture:
            warnings.simplefilter("error")
            pixels = picture.width * picture.height
            if pixels > (MOST_JPEG if picture.format == "JPEG" else MOST_PIXELS):
                return False
            picture.draft("RGB", (SIDE, SIDE))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((SIDE, SIDE))
            flat = Image.new("RGB", upright.size, "white")
            flat.paste(upright.convert("RGBA"), mask=upright.convert("RGBA").getchannel("A"))
            flat.save(target, "JPEG", quality=80, optimize=True)
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError):
        return False
    return True
