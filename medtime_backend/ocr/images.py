"""An image from bytes that nobody has looked at yet: by content, bounded before it is decoded, upright, no metadata."""

import io
import warnings
from typing import Final

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from medtime_backend.ocr.limits import LONGEST_SIDE, PIXELS, SHORTEST_SIDE

FORMATS: Final = ("JPEG", "PNG", "WEBP", "HEIF")
HEIF_BRANDS: Final = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
# Beside what is read, what is refused by its name, since people do send it. A polyglot is what it begins as.
MAGICS: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"%PDF", "pdf"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"PK\x03\x04", "archive"),
)
MARKUP: Final = ("<svg", "<?xml", "<!doctype", "<html")
ORIENTATION: Final = 0x0112
"""The EXIF tag (EXIF 2.32, 4.6.4), and below its value for a page on its side."""
TURNED: Final = 6


class ImageFault(Exception):  # noqa: N818 - it becomes a problem
    """An image that is not read: the problem's slug, and what of the image may be told."""

    def __init__(self, problem: str, **facts: str | int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.facts = facts


def prepare() -> None:
    """Load the decoders and set their limits, once in the warmed parent."""
    Image.MAX_IMAGE_PIXELS = PIXELS
    pillow_heif.options.DECODE_THREADS = 1
    pillow_heif.register_heif_opener(thumbnails=False)
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    # Pillow loads plugins and tables at their first use, and a worker can open no file: so each is used here once.
    Image.init()
    sample = Image.new("RGB", (32, 32))
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED
    for kind in FORMATS:
        file = io.BytesIO()
        sample.save(file, kind, exif=exif)
        read_image(memoryview(file.getvalue()))


def read_image(content: memoryview) -> Image.Image:
    """The upright RGB image of at most LONGEST_SIDE a side. Raises ImageFault."""
    kind = _kind_of(bytes(content[:64]))
    if kind not in FORMATS:
        raise ImageFault("ocr-unsupported-image", found=kind)
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as image:
            return _decoded(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageFault("ocr-image-too-large", limit_pixels=PIXELS) from None
    except UnidentifiedImageError:
        raise ImageFault("ocr-broken-image") from None
    except ImageFault:
        raise
    # Decoders fail in many ways, none of which is ours: OSError, SyntaxError, ValueError, struct.error.
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001
        raise ImageFault("ocr-broken-image") from None


def _decoded(image: Image.Image) -> Image.Image:
    if image.width * image.height > PIXELS:
        raise ImageFault("ocr-image-too-large", limit_pixels=PIXELS)
    if getattr(image, "is_animated", False) and image.format in {"PNG", "WEBP"}:
        raise ImageFault("ocr-unsupported-image", found="animation")
    # As it will be when it is scaled: a strip of a pixel takes the engine ten seconds, and has no letter.
    if min(image.size) * min(1.0, LONGEST_SIDE / max(image.size)) < SHORTEST_SIDE:
        raise ImageFault("ocr-image-too-small", limit_side=SHORTEST_SIDE)
    # A JPEG is decoded at half or a quarter where that is enough.
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        # 16 bits of grey, as scanners write: a conversion would cut them off at 255, and leave a white page.
        upright = upright.point(lambda value: value * (1 / 256)).convert("L")
    if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
        # Writing on nothing is read as writing on paper.
        paper = Image.new("RGBA", upright.size, "white")
        paper.alpha_composite(upright.convert("RGBA"))
        upright = paper
    plain = upright.convert("RGB")
    plain.info.clear()
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return plain


def _kind_of(head: bytes) -> str:
    """The format by the first bytes: one of FORMATS, or the name of what is refused."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        return "HEIF"
    for magic, name in MAGICS:
        if head.startswith(magic):
            return name
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().decode("latin-1")
    if text.startswith(MARKUP):
        return "svg" if "svg" in text or "xml" in text else "html"
    return "unknown"
