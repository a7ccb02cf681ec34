"""A worker that misbehaves on request: what it does is the name of the file it is asked to scan."""
import json
import os
import struct
import sys
import time


def read():
    head = sys.stdin.buffer.read(4)
    if not head:
        sys.exit(0)
    message = json.loads(sys.stdin.buffer.read(struct.unpack("<I", head)[0]))
    for _ in range(struct.unpack("<I", sys.stdin.buffer.read(4))[0]):
        sys.stdin.buffer.read(struct.unpack("<I", sys.stdin.buffer.read(4))[0])
    return message


def write(message):
    body = json.dumps(message).encode()
    sys.stdout.buffer.write(struct.pack("<I", len(body)) + body + struct.pack("<I", 0))
    sys.stdout.buffer.flush()


while True:
    message = read()
    if message["type"] != "run":
        continue
    job, what = message["job"], message["spec"]["name"]
    write({"type": "progress", "job": job, "fraction": 0.5, "message": what})
    if what == "hang":
        time.sleep(600)
    if what == "kill":
        os.kill(os.getpid(), 9)
    if what == "garbage":
        sys.stdout.buffer.write(b"\xff" * 64)
        sys.stdout.buffer.flush()
        time.sleep(600)
    if what == "memory":
        hog = []
        while True:
            hog.append(bytearray(16 << 20))
            time.sleep(0.01)
    if what == "broken":
        write({"type": "failed", "job": job, "fault": "input", "message": "the file ends after 12 bytes; send it again"})
        continue
    write({"type": "done", "job": job, "result": {"format": "safetensors", "parameters": 3, "tensors": [], "summary": {}}})
