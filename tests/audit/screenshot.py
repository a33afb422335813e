"""Take the picture of an audit's page that the documentation shows.

Run as `python -m tests.audit.screenshot REPORT.html PICTURE.png`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.audit.browser import Browser, chromium, missing

LARGEST = 400_000  # bytes: a picture that everybody who clones the repository loads


def picture(browser: Browser, page: Path) -> bytes:
    """The page as PNG, in light colours, with the first finding's proof open where there is one."""
    browser.resize(1600, 1000)
    browser.prefer("light")
    browser.open(page.absolute().as_uri())
    # Not by a real click: the pointer would light up a row.
    browser.run("document.querySelector('td.finding .box')?.click(); scrollTo(0, 0)")
    return browser.screenshot()


def main() -> None:
    """Write the picture; say in one line what is missing."""
    if len(sys.argv) != 3:
        sys.exit("usage: python -m tests.audit.screenshot REPORT.html PICTURE.png")
    if (reason := missing()) is not None:
        sys.exit(reason)
    with chromium() as browser:
        png = picture(browser, Path(sys.argv[1]))
    if len(png) > LARGEST:
        sys.exit(f"the picture has {len(png):,} bytes, more than {LARGEST:,}")
    Path(sys.argv[2]).write_bytes(png)


if __name__ == "__main__":
    main()
