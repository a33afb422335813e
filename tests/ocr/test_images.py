"""Images by what they are, not by what they are called; bounded before they are decoded."""

import io
import os
import warnings

import numpy as np
import pytest
from PIL import Image

from medtime_backend.ocr import images
from medtime_backend.ocr.images import ImageFault, read_image
from medtime_backend.ocr.limits import LONGEST_SIDE, PIXELS, SHORTEST_SIDE
from tests.ocr.pictures import animated_webp, bomb, encoded, page

ORIENTATION = 0x0112


@pytest.fixture(scope="module", autouse=True)
def prepared() -> None:
    with warnings.catch_warnings():
        images.prepare()


def read(content: bytes) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return read_image(memoryview(content))


def refused(content: bytes) -> tuple[str, object]:
    with pytest.raises(ImageFault) as caught:
        read(content)
    return caught.value.problem, caught.value.facts.get("found")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_what_is_read(kind: str) -> None:
    found = read(encoded(page(), kind))
    assert (found.mode, found.size) == ("RGB", page().size)
    assert found.info == {}
    assert np.abs(np.asarray(found, int) - np.asarray(page(), int)).mean() < 3


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK", "I;16"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_every_mode_becomes_rgb(kind: str, mode: str) -> None:
    if (kind, mode) in {("JPEG", "P"), ("JPEG", "RGBA"), ("JPEG", "LA"), ("JPEG", "I;16"), ("PNG", "CMYK")}:
        pytest.skip("the format has no such mode")
    assert read(encoded(page().convert("L").convert(mode), kind)).mode == "RGB"


@pytest.mark.parametrize(("darkest", "steps"), [(0, 257), (12_000, 100)])
def test_sixteen_bits_of_grey_are_no_white_page(darkest: int, steps: int) -> None:
    grey = np.asarray(page().convert("L"), np.uint16)
    found = np.asarray(read(encoded(Image.fromarray(grey * np.uint16(steps) + np.uint16(darkest)))), int)
    assert np.abs(found[..., 0] - (grey.astype(int) * steps + darkest) // 256).max() <= 1


def test_what_is_see_through_lies_on_white() -> None:
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    assert read(encoded(clear)).getpixel((5, 5)) == (255, 255, 255)


def test_o3_the_camera_s_orientation_is_applied() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    upright = page()
    found = read(encoded(upright.rotate(90, expand=True), "JPEG", exif=exif, quality=95))
    assert found.size == upright.size
    assert np.abs(np.asarray(found, int) - np.asarray(upright, int)).mean() < 3


def test_metadata_is_dropped() -> None:
    exif = Image.Exif()
    exif[0x010F] = "canary7f3a9"
    found = read(encoded(page(), "JPEG", exif=exif, comment=b"canary7f3a9"))
    assert b"canary7f3a9" not in encoded(found, "JPEG")
    assert found.getexif() == {}


def test_large_photos_are_scaled() -> None:
    found = read(encoded(Image.new("L", (8000, 4000)), "JPEG"))
    assert found.size == (LONGEST_SIDE, LONGEST_SIDE // 2)


def test_o6_a_bomb_is_refused_before_it_is_decoded() -> None:
    small = bomb()
    assert len(small) < 100_000
    assert refused(small) == ("ocr-image-too-large", None)
    assert refused(bomb(6_400)) == ("ocr-image-too-large", None)
    assert PIXELS < 6_400**2


def test_o7_heic_that_is_called_jpeg_is_read_by_its_content() -> None:
    assert read(encoded(page(), "HEIF")).size == page().size


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"%PDF-1.7\n" + b"x" * 200, "pdf"),
        (b"%PDF-1.7\n" + encoded(page(), "JPEG"), "pdf"),
        (b'<?xml version="1.0"?><svg/>', "svg"),
        (b"\xef\xbb\xbf  <svg xmlns='http://www.w3.org/2000/svg'/>", "svg"),
        (b"<!DOCTYPE html><html/>", "html"),
        (encoded(page(), "TIFF"), "tiff"),
        (encoded(page(), "TIFF", save_all=True, append_images=[page()]), "tiff"),
        (encoded(page(), "GIF"), "gif"),
        (b"GIF89a/*" + b"x" * 100 + b"*/=1;alert(1)", "gif"),
        (encoded(page(), "BMP"), "bmp"),
        (b"PK\x03\x04" + encoded(page(), "JPEG"), "archive"),
        (animated_webp(), "animation"),
        (encoded(page(), "PNG", save_all=True, append_images=[page("another")]), "animation"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "unknown"),
        (os.urandom(1000).replace(b"\xff\xd8", b"\0\0"), "unknown"),
        (b"Metformina 850 mg", "unknown"),
        (b"", "unknown"),
    ],
)
def test_what_is_refused_by_name(content: bytes, found: str) -> None:
    assert refused(content) == ("ocr-unsupported-image", found)


def test_a_polyglot_is_what_it_begins_as_and_only_its_pixels_go_on() -> None:
    both = encoded(page(), "JPEG") + b"%PDF-1.7 canary7f3a9 PK\x03\x04<script>"
    assert b"canary7f3a9" not in encoded(read(both), "PNG")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_truncated_image_is_broken(kind: str, share: float) -> None:
    whole = encoded(page(), kind)
    assert refused(whole[: max(30, int(len(whole) * share))])[0] == "ocr-broken-image"


def test_garbage_behind_a_good_beginning_is_broken() -> None:
    for head in (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBP", b"\0\0\0\x18ftypheic"):
        assert refused(head + b"canary7f3a9" * 100)[0] == "ocr-broken-image"


def test_too_small() -> None:
    for size in ((1, 1), (SHORTEST_SIDE - 1, 500), (500, SHORTEST_SIDE - 1), (30_000, 100), (40, 60_000)):
        assert refused(encoded(Image.new("RGB", size)))[0] == "ocr-image-too-small"


def test_a_strip_that_has_room_for_letters_is_read() -> None:
    assert read(encoded(Image.new("RGB", (LONGEST_SIDE * 2, SHORTEST_SIDE * 2)))).size == (LONGEST_SIDE, SHORTEST_SIDE)


def test_an_image_of_several_pictures_that_phones_make_is_its_first() -> None:
    file = io.BytesIO()
    page().save(file, "MPO", save_all=True, append_images=[page("another")])
    assert read(file.getvalue()).size == page().size
