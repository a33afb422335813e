"""The key ring of an embedded stack: made at the first start, kept from then on, renewed when it is over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medtime_backend.local.ocr_keys import ocr_environment
from medtime_backend.ocr.key_ring import KeyPair, new_pair, read_pairs, write_ring
from medtime_backend.ocr.sealing_keys import SealSuite


def test_it_is_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "ocr_keys.json"
    given = ocr_environment(path)
    assert given == {"MEDTIME_OCR_KEYS_FILE": str(path), "MEDTIME_OCR_KEYS": "", "MEDTIME_OCR_ENGINE": "rapidocr"}
    assert {pair.suite for pair in read_pairs(path.read_bytes())} == {pair.suite for pair in _pairs(0)}
    assert path.stat().st_mode & 0o077 == 0
    first = path.read_bytes()
    ocr_environment(path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("days", [20.5, 30])
def test_one_that_is_over_within_a_day_is_renewed(tmp_path: Path, days: float) -> None:
    path = tmp_path / "ocr_keys.json"
    old = _pairs(days)
    path.write_text(write_ring(old), encoding="utf-8")
    ocr_environment(path)
    now = datetime.now(UTC)
    pairs = read_pairs(path.read_bytes())
    assert len([pair for pair in pairs if pair.published_until > now + timedelta(days=20)]) == len(SealSuite)
    # What was sealed before the new start is still opened, while its key is accepted.
    kept = {pair.id for pair in old} & {pair.id for pair in pairs}
    assert bool(kept) == (old[0].accepted_until > now)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"keys": [1]}'])
def test_one_that_cannot_be_read_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ocr_keys.json"
    path.write_bytes(content)
    ocr_environment(path)
    assert read_pairs(path.read_bytes())


def _pairs(days: float) -> tuple[KeyPair, ...]:
    """A pair of each suite that was made so many days ago."""
    return tuple(new_pair(suite, datetime.now(UTC) - timedelta(days=days)) for suite in SealSuite)
