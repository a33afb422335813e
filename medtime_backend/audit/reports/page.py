"""The audit as one HTML page that needs nothing else: data, script and style are in it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Final

from medtime_backend.audit.findings import Audit, Rule
from medtime_backend.audit.reports.page_data import page_data

STYLES: Final = (
    *("palette.css", "page.css", "controls.css", "findings.css", "matrix.css", "boxes.css", "proof.css"),
    "media.css",
)
# Each after those it imports from.
SCRIPTS: Final = (
    *("audit.js", "elements.js", "access.js", "summary.js", "proof.js", "boxes.js", "grid.js", "matrix.js"),
    *("findings.js", "filters.js", "main.js"),
)
ASSETS: Final = files(__package__) / "assets"


def render_page(audit: Audit, rules: Iterable[Rule] = ()) -> str:
    """The page as HTML, to be kept as a file and opened in a browser, from anywhere and without a network.

    `rules` give the reasons of their findings. The page's policy lets only its own script and style run, by their
    hashes, asks nothing of anybody, and lets no text become markup.
    """
    script, style = _script(), "".join(map(_asset, STYLES))
    return Template(_asset("page.html")).substitute(
        policy=f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        title=escape(f"Policies of {audit.database}"),
        style=style,
        data=page_data(audit, rules),
        script=script,
    )


def _script() -> str:
    """The modules as one: a page without requests cannot import, so their top-level names share one scope."""
    text = "".join(map(_asset, SCRIPTS))
    return re.sub(r"^import .*\n", "", text, flags=re.MULTILINE).replace("\nexport ", "\n")


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
