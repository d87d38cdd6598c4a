"""Pictures as pages of an archive: upright, flat, in colours that every printer knows, no larger than a page needs. The original is attached."""

from __future__ import annotations

import io
from pathlib import Path

KINDS = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
SIDE = 2000
"""Pixels of the longer side: 170 to the inch on the page."""
MOST = 60_000_000
"""Pixels that are unpacked at most."""


def flatten(content: bytes, target: Path) -> bool:
    """Write a picture as a JPEG for a page; return False where it is broken or too large: it is attached only."""
    from PIL import Image, ImageOps  # heavy

    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "GIF", "WEBP")) as picture:
            picture.draft("RGB", (SIDE, SIDE))
            if picture.width * picture.height > MOST:
                return False
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((SIDE, SIDE))
            clear = upright.convert("RGBA")
            flat = Image.new("RGB", clear.size, "white")
            flat.paste(clear, mask=clear.getchannel("A"))
            flat.save(target, "JPEG", quality=85)
    except Exception:  # whatever a broken picture makes of a decoder
        return False
    return True
