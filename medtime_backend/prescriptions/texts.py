"""Many texts in two flat buffers, which forked processes share without copying."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence


class Texts(Sequence[str]):
    """Texts in one buffer with the places where they end."""

    def __init__(self, texts: Iterable[str]) -> None:
        encoded = [text.encode() for text in texts]
        self._bytes = b"".join(encoded)
        self._ends = array("I", [0])
        for text in encoded:
            self._ends.append(self._ends[-1] + len(text))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: int) -> str:  # type: ignore[override] # slices are not needed
        return self._bytes[self._ends[place] : self._ends[place + 1]].decode()

    @property
    def size(self) -> int:
        """Bytes that they take."""
        return len(self._bytes) + self._ends.itemsize * len(self._ends)
