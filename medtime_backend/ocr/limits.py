"""The numbers of the OCR relay: sizes in bytes, times in seconds."""

from typing import Final

MIB: Final = 1024 * 1024
IMAGE_BYTES: Final = 10 * MIB
"""The largest image, before it is sealed."""
PIXELS: Final = 40_000_000
"""The most pixels an image may have, looked at before it is decoded."""
SHORTEST_SIDE: Final = 16
"""Below this no letter could be read."""
LONGEST_SIDE: Final = 2600
"""Larger images are scaled to it: an A4 page then has more than 200 dots an inch."""
SECONDS: Final = 30
"""What one request may take in its worker; then the kernel ends it."""
ENGINE_SECONDS: Final = 25.0
"""What an engine elsewhere may take, retries included, so that its failure can still be told."""
MEMORY_BYTES: Final = 1536 * MIB
"""Address space that a worker may add to what the warmed parent has."""
PADDING_BYTES: Final = 4096
"""Answers are padded to a multiple of it, so that their length tells little."""
