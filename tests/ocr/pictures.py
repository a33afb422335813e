"""Images for tests: drawn here, so that every byte of them is known."""

import io
import os
import struct
import zlib
from typing import Any

import pillow_heif
from PIL import Image, ImageDraw, ImageFont

pillow_heif.register_heif_opener()

TEXT = ("Metformina 850 mg", "Tomar 1 tableta cada 12 horas")


def page(*lines: str, size: tuple[int, int] = (900, 300), turned: int = 0) -> Image.Image:
    """A white page with these lines, turned by so many degrees to the left."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines or TEXT):
        draw.text((40, 40 + 90 * number), line, "black", ImageFont.load_default(48))
    return image.rotate(turned, expand=True) if turned else image


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The image as a file of this kind."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(side: int) -> bytes:
    """A PNG of random pixels, which nothing compresses."""
    return encoded(Image.frombytes("RGB", (side, side), os.urandom(side * side * 3)))


def bomb(side: int = 60_000) -> bytes:
    """A small PNG that says it has side times side pixels, with as many rows of zeros as fit into a moment."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1 + side * 3) * 64, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def animated_webp() -> bytes:
    """A WebP of two pictures."""
    return encoded(page(), "WEBP", save_all=True, append_images=[page("another")], duration=100)
