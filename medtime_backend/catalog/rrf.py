"""RRF files, in a directory or a zip however nested: found by name, read line by line as bytes."""

from __future__ import annotations

import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path, PurePosixPath
from typing import IO

from medtime_backend.catalog.errors import CatalogError

CHUNK = 1 << 20
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError)
"""What comes of a zip that is damaged, encrypted, or packed in a way that is not read here (both RuntimeError)."""

RELEASE = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{4})(?!\d)")


class Release:
    """The RRF files of a release; a zip's `rrf/` is preferred to its `prescribe/`."""

    def __init__(self, path: Path) -> None:
        """Look what is there. Raises CatalogError for what is neither a directory nor a whole zip."""
        self.path = path
        self._archive: zipfile.ZipFile | None = None
        self._files: dict[str, str] = {}
        if path.is_dir():
            names = [str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()]
        else:
            try:
                self._archive = zipfile.ZipFile(path)
            except (zipfile.BadZipFile, OSError, NotImplementedError) as fault:
                raise CatalogError(f"{path.name} is not a whole zip file ({fault}).") from fault
            names = self._archive.namelist()
        for name in sorted(names, key=lambda one: ("prescribe" in one.lower(), one.count("/"), one)):
            if name.upper().endswith(".RRF"):
                self._files.setdefault(PurePosixPath(name).name.upper(), name)

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def size(self, name: str) -> int:
        """Bytes of a file, unpacked."""
        if self._archive:
            return self._archive.getinfo(self._files[name]).file_size
        return (self.path / self._files[name]).stat().st_size

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The numbered lines of a file, without their end. Raises CatalogError for a damaged zip."""
        try:
            with self._open(name) as file:
                for number, line in enumerate(file, start=1):
                    yield number, line.rstrip(b"\r\n")
        except DAMAGED as fault:
            raise CatalogError(f"{name} in {self.path.name} is damaged, or cannot be read ({fault}).") from fault

    def _open(self, name: str) -> IO[bytes]:
        if self._archive:
            return io.BufferedReader(self._archive.open(self._files[name]), CHUNK)  # type: ignore[type-var]
        return (self.path / self._files[name]).open("rb", buffering=CHUNK)

    def released_on(self) -> date | None:
        """The day in a publisher's name: RxNorm_full_03022026.zip."""
        match = RELEASE.search(self.path.name)
        try:
            return date(int(match[3]), int(match[1]), int(match[2])) if match else None
        except ValueError:
            return None

    def close(self) -> None:
        """Close the zip."""
        if self._archive:
            self._archive.close()


def digest(path: Path) -> str:
    """SHA-256 of a file; of a directory, of its files in the order of their names. Raises CatalogError."""
    found = hashlib.sha256()
    try:
        for file in sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]:
            if path.is_dir():
                found.update(file.relative_to(path).as_posix().encode() + b"\0")
            with file.open("rb") as opened:
                while chunk := opened.read(CHUNK):
                    found.update(chunk)
    except OSError as fault:
        raise CatalogError(f"{path.name} cannot be read ({fault.strerror}).") from fault
    return found.hexdigest()
