"""A file that is none of the publisher's is refused in one sentence, whatever its bytes are; never another error."""

import io
import re
import zipfile
import zlib
from pathlib import Path

import pytest

from medtime_backend.catalog.errors import CatalogError
from medtime_backend.catalog.readers import cofepris, ema, rxnorm
from medtime_backend.catalog.reading import Reading
from medtime_backend.catalog.rrf import Release, digest
from tests.catalog.sheets import COFEPRIS_HEADER, EMA_HEADER, FILES, cofepris_row, ema_row, read_all, write
from tests.ocr.pictures import encoded, page

CONSO = (FILES / "rxnorm" / "RXNCONSO.RRF").read_bytes()
LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
READERS = [ema.read, cofepris.read]


def zipped(method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("rrf/RXNCONSO.RRF", CONSO)
    return file.getvalue()


def marked(content: bytes, at: int, value: int) -> bytes:
    """A zip whose members have this byte so far behind the version they need, in all of their headers."""
    changed = bytearray(content)
    for header, start in ((LOCAL, 4), (CENTRAL, 6)):
        for found in re.finditer(re.escape(header), content):
            changed[found.start() + start + at] = value
    return bytes(changed)


def broken(content: bytes) -> bytes:
    changed = bytearray(content)
    changed[len(content) // 2] ^= 0xFF
    return bytes(changed)


WRONG = {
    "a picture": encoded(page()),
    "a gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + zlib.compress(b"x" * 999),
    "every byte": bytes(range(256)) * 20,
    "a byte of no encoding": ",".join(EMA_HEADER).encode() + b"\nHuman,Caf\x81,1,Authorised,x\n",
    "UTF-16": ",".join([*EMA_HEADER, *COFEPRIS_HEADER]).encode("utf-16"),
    "nested beyond all": b"[" * 100_000,
    "a zip of something else": zipped(),
    "an encrypted zip": marked((FILES / "cofepris.xlsx").read_bytes(), 2, 1),
    "a zip of another version": marked((FILES / "cofepris.xlsx").read_bytes(), 0, 65),
}


@pytest.mark.parametrize("reader", READERS, ids=["ema", "cofepris"])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_register(tmp_path: Path, reader: object, name: str) -> None:
    (tmp_path / "f").write_bytes(WRONG[name])
    with pytest.raises(CatalogError) as refused:
        read_all(reader, tmp_path / "f")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("reader", READERS, ids=["ema", "cofepris"])
def test_a_directory_is_no_register(tmp_path: Path, reader: object) -> None:
    with pytest.raises(CatalogError, match="is a directory"):
        read_all(reader, tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        marked(zipped(), 2, 1),
        marked(zipped(), 4, 9),
        marked(zipped(), 0, 65),
        broken(zipped(zipfile.ZIP_LZMA)),
        broken(zipped(zipfile.ZIP_BZIP2)),
    ],
    ids=["encrypted", "deflate64", "of another version", "damaged lzma", "damaged bzip2"],
)
def test_a_wrong_release(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f.zip").write_bytes(content)
    with pytest.raises(CatalogError, match=r"f\.zip"):
        list(rxnorm.concepts(Release(tmp_path / "f.zip"), Reading(), lambda *_: None))


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"gone\.csv cannot be read \(No such file or directory\)"):
        digest(tmp_path / "gone.csv")


def test_c1_a_windows_1252_byte_in_a_csv_spoils_no_other_line(tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv", COFEPRIS_HEADER, cofepris_row(), cofepris_row("2"))
    text = path.read_bytes().replace(b"2,MARCA", "2,ÁCIDO FÓLICO".encode("cp1252"))
    path.write_bytes(text.replace(b"MARCA", "CAFÉ".encode()))
    records, reading = read_all(cofepris.read, path)
    assert ([one.name for one in records], reading.rejects) == (["CAFÉ", "ÁCIDO FÓLICO"], [])


def test_a_csv_in_windows_1252_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv", EMA_HEADER, ema_row(1, **{"Name of medicine": "Prägnanz € forte"}))
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1252"))
    records, _ = read_all(ema.read, path)
    assert records[0].name == "Prägnanz € forte"
