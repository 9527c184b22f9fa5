"""Chromium without a window, driven over its debugging port with the standard library alone."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--remote-debugging-port=0",
)  # fmt: skip
PATIENCE = 60.0
"""Seconds for anything that Chromium is asked."""


class Browser:
    """One Chromium with one page.

    Attributes:
        events: what the page told unasked, since it was opened.
    """

    def __init__(self, program: str, width: int = 1440, height: int = 900) -> None:
        self.folder = tempfile.mkdtemp(prefix="ksimage-chromium-")
        self.events: list[dict[str, Any]] = []
        self._number = 0
        self._socket: socket.socket | None = None
        self._reader: threading.Thread | None = None
        self._process = subprocess.Popen(
            [program, *OPTIONS, f"--user-data-dir={self.folder}", f"--window-size={width},{height}",
             "about:blank"],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        try:
            port = self._port()
            self._socket = _websocket(port, _page_address(port))
            for domain in ("Page", "Runtime", "Log", "Network", "Performance"):
                self.call(f"{domain}.enable")
        except BaseException:
            self.close()
            raise

    def _port(self) -> int:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            found = re.search(r"ws://127\.0\.0\.1:(\d+)/", line)
            if found:
                break
        else:
            raise RuntimeError("Chromium ended before it listened")
        # It blocks when nobody reads what it complains about.
        self._reader = threading.Thread(target=self._process.stderr.read, daemon=True)
        self._reader.start()
        return int(found[1])

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask Chromium for something. Raises RuntimeError when it refuses."""
        if self._socket is None:
            raise RuntimeError("Chromium is not there")
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        _send(self._socket, json.dumps(message).encode())
        while True:
            answer = json.loads(_receive(self._socket))
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            if "method" in answer:
                self.events.append(answer)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited. Raises RuntimeError when it throws."""
        result = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:1000])
        return result["result"].get("value")

    def open(self, file: Path) -> None:
        """Open a file and wait until it is drawn."""
        self.events = []
        self.call("Page.navigate", url=file.resolve().as_uri())
        deadline = time.monotonic() + PATIENCE
        while not self.evaluate("performance.getEntriesByName('ready').length"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the page never became ready: {self.problems()}")
            time.sleep(0.05)
        self.settle()

    def settle(self, milliseconds: int = 200) -> None:
        """Wait until what was done is drawn and what follows it after a moment as well."""
        self.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame("
            f"() => setTimeout(done, {milliseconds}))))"
        )

    def resize(self, width: int, height: int, scale: float = 1) -> None:
        """Another window: CSS pixels, and device pixels in each."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )
        self.settle()

    def media(self, **features: str) -> None:
        """Let the page believe in ``prefers_color_scheme="dark"`` and the like."""
        listed = [{"name": key.replace("_", "-"), "value": features[key]} for key in features]
        self.call("Emulation.setEmulatedMedia", features=listed)

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """``mousePressed``, ``mouseReleased``, ``mouseMoved`` or ``mouseWheel``."""
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x: float, y: float) -> None:
        """Press and release the left button."""
        self.mouse("mouseMoved", x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="left", clickCount=1)
        self.settle()

    def wheel(self, x: float, y: float, delta: float) -> None:
        """Turn the wheel; negative is away from the hand, which zooms in."""
        self.mouse("mouseWheel", x, y, deltaX=0, deltaY=delta)
        self.settle()

    def key(self, key: str, text: str = "") -> None:
        """Press and release a key; ``text`` is what it types."""
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)
        self.settle()

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)
        self.settle()

    def middle(self, selector: str) -> tuple[float, float]:
        """Where the middle of an element is, in the window."""
        x, y = self.evaluate(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)})"
            ".getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]; })()"
        )
        return x, y

    def picture(self, full: bool = False) -> bytes:
        """A PNG of the window, or of the whole page."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=full)
        return base64.b64decode(shot["data"])

    def paper(self) -> bytes:
        """The page as it prints: a PDF."""
        printed = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        return base64.b64decode(printed["data"])

    def problems(self) -> list[str]:
        """Exceptions, refusals and whatever else stands in the console."""
        kinds = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
        return [json.dumps(event)[:500] for event in self.events if event["method"] in kinds]

    def requests(self) -> list[str]:
        """The addresses that the page asked for, its own file left out."""
        asked = [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
            and event["params"].get("type") != "Document"
        ]
        return [address for address in asked if not address.startswith("data:")]

    def close(self) -> None:
        """End it, and remove what it wrote."""
        with contextlib.suppress(Exception):
            self.call("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._socket is not None:
            self._socket.close()
        if self._reader is not None:
            self._reader.join(10)
        if self._process.stderr is not None:
            self._process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def browser(program: str, width: int = 1440, height: int = 900) -> Iterator[Browser]:
    """A Chromium for as long as the block lasts."""
    running = Browser(program, width, height)
    try:
        yield running
    finally:
        running.close()


def _page_address(port: int) -> str:
    for _ in range(100):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=PATIENCE) as answer:
            pages = [one for one in json.load(answer) if one["type"] == "page"]
        if pages:
            return str(pages[0]["webSocketDebuggerUrl"]).split(str(port), 1)[1]
        time.sleep(0.1)
    raise RuntimeError("Chromium has no page")


def _websocket(port: int, path: str) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    key = base64.b64encode(os.urandom(16)).decode()
    made.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += _exactly(made, 1)
    if b" 101 " not in answer.split(b"\r\n", 1)[0]:
        raise RuntimeError(f"no websocket: {answer[:200]!r}")
    return made


def _send(to: socket.socket, data: bytes) -> None:
    mask = os.urandom(4)
    length = len(data)
    if length < 126:
        head = bytes([0x81, 0x80 | length])
    elif length < 1 << 16:
        head = b"\x81\xfe" + struct.pack(">H", length)
    else:
        head = b"\x81\xff" + struct.pack(">Q", length)
    masked = bytes(byte ^ mask[at & 3] for at, byte in enumerate(data))
    to.sendall(head + mask + masked)


def _receive(source: socket.socket) -> bytes:
    message = b""
    while True:
        first, length = _exactly(source, 2)
        length &= 127
        if length == 126:
            (length,) = struct.unpack(">H", _exactly(source, 2))
        elif length == 127:
            (length,) = struct.unpack(">Q", _exactly(source, 8))
        message += _exactly(source, length)
        if first & 0x80:
            return message


def _exactly(source: socket.socket, length: int) -> bytes:
    parts = []
    while length:
        part = source.recv(length)
        if not part:
            raise ConnectionError("Chromium closed the connection")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
