"""The key ring of one stack: made at its first start, renewed when its keys are over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from medtime_backend.local.data_directory import write_private
from medtime_backend.ocr.key_ring import KeyRingError, PublicRing, read_pairs, renewed, write_ring


def ocr_environment(path: Path) -> dict[str, str]:
    """The settings of a service with OCR, its ring made ready; none where the extra `ocr` is not installed."""
    if find_spec("rapidocr") is None:
        return {"MEDTIME_OCR_KEYS_FILE": "", "MEDTIME_OCR_KEYS": ""}
    now = datetime.now(UTC)
    try:
        pairs = read_pairs(path.read_bytes())
    except (OSError, KeyRingError):
        pairs = ()
    # A stack may run for a day without being started anew.
    if not PublicRing(pairs).published(now + timedelta(days=1)):
        write_private(path, write_ring(renewed(pairs, now)))
    return {"MEDTIME_OCR_KEYS_FILE": str(path), "MEDTIME_OCR_KEYS": "", "MEDTIME_OCR_ENGINE": "rapidocr"}
