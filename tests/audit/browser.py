"""A headless Chromium, driven by chromedriver over the plain WebDriver protocol."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

FLAGS = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-device-scale-factor=1"),
)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's own key of a reference to an element
STARTED = re.compile(r"started successfully on port (\d+)")

PATIENCE_MILLISECONDS = 10_000

T = TypeVar("T")


def missing() -> str | None:
    """Why there is no browser here, or None."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"chromium: {' and '.join(absent)} not installed (make extras)" if absent else None


def eventually(read: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """What is read once it is as wanted, or the last that was read when the patience is over."""
    end = time.monotonic() + PATIENCE_MILLISECONDS / 1000
    while not wanted(found := read()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


class Browser:
    """One window. What goes wrong at the driver is an httpx.HTTPStatusError."""

    def __init__(self, http: httpx.Client, profile: str) -> None:
        self._http = http
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
        options = {"binary": shutil.which("chromium"), "args": [*FLAGS, *sandbox, f"--user-data-dir={profile}"]}
        logs = {"browser": "ALL", "performance": "ALL"}
        # A page follows a link to a place in itself when it gets to it: an element is waited for, bounded.
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": logs,
            "timeouts": {"implicit": PATIENCE_MILLISECONDS},
        }
        self._session = ""
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{answer['sessionId']}"
        # Chromium's start page loads much of its own: that is not what the tests ask about.
        self.open("about:blank")
        self.requests()

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.request(method, self._session + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()["value"]

    def open(self, url: str) -> None:
        self._call("POST", "/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of a function body, to which the arguments are `arguments`."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector: str) -> str:
        return str(self._call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT])

    def click(self, selector: str) -> None:
        """Click as a person does: it fails when something covers the element."""
        self._call("POST", f"/element/{self.find(selector)}/click", {})

    def type(self, selector: str, text: str) -> None:
        self._call("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, key: str) -> None:
        strokes = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    def text(self, selector: str) -> str:
        return str(self._call("GET", f"/element/{self.find(selector)}/text"))

    def text_with(self, selector: str, words: str) -> str:
        """The text once it holds these words: a page hears of `toggle` a moment after the click."""
        return eventually(lambda: self.text(selector), lambda text: words in text)

    def console(self) -> list[str]:
        """What was written to the console since the last call."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last call."""
        entries = self._call("POST", "/se/log", {"type": "performance"})
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        return [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]

    def resize(self, width: int, height: int) -> None:
        """Give the page this size, in CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, scheme: str) -> None:
        """Ask for `light` or `dark`."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", {"features": features})

    def command(self, name: str, parameters: dict[str, Any]) -> Any:
        """A command of Chromium's own protocol."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def screenshot(self) -> bytes:
        """The window as PNG."""
        return base64.b64decode(self._call("GET", "/screenshot"))

    def close(self) -> None:
        self._call("DELETE", "")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with a profile of its own, gone at the end."""
    driver = subprocess.Popen(
        ["chromedriver", "--port=0"],  # noqa: S607 - that of the PATH
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = driver.stdout
    assert output is not None
    reader = None
    try:
        port = next(match[1] for line in output if (match := STARTED.search(line)))
        # A driver whose output nobody reads would stop when the pipe is full.
        reader = threading.Thread(target=output.read)
        reader.start()
        with (
            tempfile.TemporaryDirectory(prefix="medtime-chromium-", ignore_cleanup_errors=True) as profile,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as http,
        ):
            browser = Browser(http, profile)
            try:
                yield browser
            finally:
                browser.close()
    finally:
        driver.terminate()
        driver.wait()
        if reader is not None:
            reader.join()
        output.close()
