"""A headless Chromium, spoken to over its debugging protocol: width, theme, errors, screenshots."""

import base64
import json
import shutil
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from time import monotonic, sleep

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip


def executable() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One tab of one browser with a profile of its own."""

    def __enter__(self) -> "Browser":
        import websocket

        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [executable() or "chromium", *FLAGS, f"--user-data-dir={self.profile.name}"],
            stderr=subprocess.DEVNULL,
        )
        port = self._port()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            tab = next(one for one in json.load(answer) if one["type"] == "page")
        self.socket = websocket.create_connection(tab["webSocketDebuggerUrl"], timeout=120)
        self.sent, self.problems = 0, []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.wait(30)
        self.profile.cleanup()

    def _port(self) -> str:
        file, until = Path(self.profile.name) / "DevToolsActivePort", monotonic() + 120
        while not (file.is_file() and file.read_text().strip()):
            if monotonic() > until:
                raise TimeoutError("the browser did not start")
            sleep(0.1)
        return file.read_text().split()[0]

    def call(self, method: str, **params: object) -> dict:
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            self._note(message)
            if message.get("id") == self.sent:
                return message["result"]

    def _note(self, message: dict) -> None:
        name, params = message.get("method"), message.get("params", {})
        if name == "Runtime.exceptionThrown":
            self.problems.append(params["exceptionDetails"]["text"])
        if name == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.problems.append(str(params["args"]))
        if name == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.problems.append(params["entry"]["text"])

    def open(self, page: Path, width: int, dark: bool, scripts: bool = True) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=width < 500)  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call("Page.navigate", url=page.as_uri())
        until = monotonic() + 60
        while self.value("document.readyState") != "complete" and monotonic() < until:
            sleep(0.05)

    def value(self, expression: str) -> object:
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    def screenshot(self, path: Path, height: int | None = None) -> None:
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height or size["height"],
                "scale": 1}  # fmt: skip
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    import sys

    with Browser() as browser:
        for width in (390, 1280, 1920):
            for dark in (False, True):
                browser.open(Path(sys.argv[1]).resolve(), width, dark)
                browser.screenshot(Path(sys.argv[2]) / f"{width}{'-dark' if dark else ''}.png")
                print(width, dark, browser.value("document.documentElement.scrollWidth"),
                      browser.problems)  # fmt: skip
