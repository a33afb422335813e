"""The excerpt of the real files that searches are judged on (files/README.md)."""

from pathlib import Path

FILES = Path(__file__).with_name("files")
EXCERPT = {"ema": FILES / "ema.csv", "cofepris": FILES / "cofepris.csv", "rxnorm": FILES / "rxnorm"}
"""Source → its file; RxNorm last, as its names of substances are the better ones."""
