"""A log folder in S3-compatible storage, served by moto (an S3 that others keep), written by TensorBoard's own writers."""

import os
import tempfile
import threading
import unittest
from pathlib import Path
from urllib.parse import quote

import boto3
import logs_of_every_kind
import numpy as np
from moto.server import ThreadedMotoServer
from served import Served
from tensorboardX import SummaryWriter
from werkzeug.serving import WSGIRequestHandler

os.environ |= {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}


class ObjectStorage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        WSGIRequestHandler.log_request = lambda self, *_: cls.asked.append((self.command, self.path, self.headers.get("Range")))
        cls.asked = []
        cls.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=True)
        cls.server.start()
        host, port = cls.server.get_host_and_port()
        cls.endpoint = os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"
        cls.s3 = boto3.client("s3", endpoint_url=cls.endpoint, region_name="us-east-1")
        cls.s3.create_bucket(Bucket="logs")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def put(self, folder, prefix, cut=None):
        """Puts a folder's files, or only the first share of each event file."""
        for file in sorted(Path(folder).rglob("*")):
            if file.is_file():
                whole = file.read_bytes()
                body = whole[: int(len(whole) * cut)] if cut and "tfevents" in file.name else whole
                self.s3.put_object(Bucket="logs", Key=f"{prefix}/{file.relative_to(folder)}", Body=body)

    @staticmethod
    def contents(server, slug):
        """Every series with its number of points, and every scalar's values."""
        tags = server.json("GET", f"/experiments/{slug}/tags")["tags"]
        runs = server.json("GET", f"/experiments/{slug}/runs")["runs"]
        scalars = {}
        for tag in tags:
            if tag["kind"] == "scalar":
                export = server.json("GET", f"/experiments/{slug}/export?format=json&superseded=1&tag={quote(tag['tag'])}")
                for one in export["series"]:
                    scalars[one["run"], one["tag"]] = (one["step"], one["wall_time"], one["value"])
        names = sorted(run["name"] for run in runs)
        points = sorted((tag["tag"], tag["kind"], tag["points"]) for tag in tags)
        spaces = []
        for one in server.json("GET", f"/experiments/{slug}/embeddings")["embeddings"]:
            at = f"/embeddings/{one.pop('id')}"
            spaces.append((one, server.call("GET", f"{at}/tensor"), server.call("GET", f"{at}/metadata")))
        return names, points, scalars, spaces

    def whole(self, server, slug, least):
        def ask():
            known = [one["slug"] for one in server.json("GET", "/experiments")["experiments"]]
            if slug not in known:
                return 0
            return sum(tag["points"] for tag in server.json("GET", f"/experiments/{slug}/tags")["tags"])

        server.until(ask, lambda points: points >= least)

    def test_a_bucket_gives_what_the_folder_gives_and_grows(self):
        with tempfile.TemporaryDirectory() as home:
            folder = f"{home}/every"
            logs_of_every_kind.write(folder)
            with SummaryWriter(f"{folder}/space") as writer:
                writer.add_scalar("loss", 1, 0)
                writer.add_embedding(np.eye(4, 3), metadata=list("abcd"), tag="corners")
            with Served("--logdir", folder) as local:
                self.whole(local, "every", 1)
                # Nothing writes: two equal looks are the end.
                expected = None
                while expected != (expected := self.contents(local, "every")):
                    threading.Event().wait(1)
            self.assertEqual(["corners:00000"], [one["tensor"] for one, *_ in expected[3]])
            points = sum(points for _, _, points in expected[1])
            self.assertGreater(len(expected[2]), 3)
            self.put(folder, "team/every", cut=0.5)
            with Served("--logdir", "s3://logs/team/every") as server:
                self.whole(server, "every", 1)
                self.assertLess(sum(p for _, _, p in self.contents(server, "every")[1]), points)
                # An object is never appended to: a longer one takes its place.
                self.put(folder, "team/every")
                self.whole(server, "every", points)
                server.until(lambda: self.contents(server, "every"), lambda contents: contents == expected)
                experiment = server.json("GET", "/experiments")["experiments"][0]
                self.assertEqual("every", experiment["name"])

    def test_only_what_is_new_is_fetched(self):
        with tempfile.TemporaryDirectory() as home:
            folder = Path(home, "one")
            logs_of_every_kind.long_scalars(str(folder), 40_000)
            size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            self.put(folder, "one", cut=0.9)
            with Served("--logdir", "s3://logs/one") as server:
                self.whole(server, "one", 35_000)
                threading.Event().wait(6)
                self.asked.clear()
                self.put(folder, "one")
                self.whole(server, "one", 40_000)
                fetched = 0
                for method, path, wanted in self.asked:
                    if method == "GET" and wanted:
                        begin, end = wanted.removeprefix("bytes=").split("-")
                        fetched += int(end) - int(begin) + 1
                self.assertGreater(fetched, size * 0.09)
                self.assertLess(fetched, size * 0.1 + 10 * 4096 + 4096)

    def test_a_bucket_that_is_not_there_says_so_and_holds_up_nothing(self):
        with tempfile.TemporaryDirectory() as home:
            logs_of_every_kind.long_scalars(f"{home}/here", 10)
            with Served("--logdir", "s3://nowhere/at-all", "--logdir", f"{home}/here") as server:
                self.whole(server, "here", 10)


if __name__ == "__main__":
    unittest.main()
