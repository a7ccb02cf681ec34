"""A `glassboard serve` of the tests' own, and the few calls the tests make of it."""

import json
import os
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("GLASSBOARD_BIN", str(ROOT / "target/debug/glassboard"))


class Served:
    """A server over a fresh data directory; use it as a context manager."""

    def __init__(self, *more):
        self.more = more

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data-dir", f"{self.home.name}/data", *self.more],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        line = next(one for one in self.process.stdout if one.startswith("Glassboard: "))
        self.url = line.split(": ", 1)[1].strip().rstrip("/") + "/api/v1"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.home.cleanup()

    def call(self, method, path, body=None):
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        request = urllib.request.Request(self.url + path, data, {"content-type": kind}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def json(self, method, path, body=None):
        return json.loads(self.call(method, path, body))

    def until(self, ask, good, limit=60):
        """What `ask` gives as soon as `good` of it holds."""
        deadline = time.monotonic() + limit
        while not good(found := ask()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {limit} s: {found}")
            time.sleep(0.05)
        return found
