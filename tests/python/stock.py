"""Stock TensorBoard as a process, and the few calls the tests make of it."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path


class Stock:
    """`tensorboard ARGS` on a free port; use it as a context manager."""

    def __init__(self, *args, env=None):
        self.args = args
        self.env = {**os.environ, **(env or {})}

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        program = Path(sys.executable).with_name("tensorboard")
        self.process = subprocess.Popen(
            [program, "--host", "127.0.0.1", "--port", "0", *self.args],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            env=self.env,
        )
        deadline = time.monotonic() + 120
        while True:
            self.log.seek(0)
            said = self.log.read().decode(errors="replace")
            if "http://127.0.0.1:" in said:
                self.url = "http://127.0.0.1:" + said.split("http://127.0.0.1:", 1)[1].split("/", 1)[0].split(" ")[0]
                return self
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise AssertionError(f"TensorBoard did not start:\n{said}")
            time.sleep(0.1)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()


def fetch(url, path, body=None, kind="application/json"):
    """Status, media type and bytes."""
    headers = {"content-type": kind} if body is not None else {}
    request = urllib.request.Request(f"{url}/data/{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get_content_type(), error.read()


def fetch_json(url, path, body=None, kind="application/json"):
    """The JSON of an answer that must be fine."""
    status, _, said = fetch(url, path, body, kind)
    if status != 200:
        raise AssertionError(f"{path} answered {status}: {said[:300]!r}")
    return json.loads(said)


def query(**pairs):
    """A query of these pairs; a list repeats its name."""
    return urllib.parse.urlencode(pairs, doseq=True)


def until(ask, good, limit=90):
    """What `ask` gives as soon as `good` of it holds."""
    deadline = time.monotonic() + limit
    while not good(found := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit} s: {str(found)[:2000]}")
        time.sleep(0.2)
    return found
