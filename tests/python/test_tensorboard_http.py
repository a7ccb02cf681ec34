"""`/data/...` of Glassboard beside stock TensorBoard's own, over the same logs: the JSON must be equal."""

import tempfile
import unittest
from pathlib import Path

import logs_of_every_kind
from replies import compare
from served import ROOT, Served
from stock import Stock, fetch, fetch_json, query, until

REAL = ROOT.parent / "shared/data/real/tfevents"


class Replies(unittest.TestCase):
    maxDiff = None

    def compare(self, logs, least):
        loader = ("--load_fast=false", "--reload_multifile=true")
        with Stock("--logdir", str(logs), *loader) as stock, Served("--logdir", str(logs)) as server:
            done = compare(stock.url, server.url.removesuffix("/api/v1"))
            print(f"{Path(logs).name}: {done}", flush=True)
            self.assertEqual([], done.differing)
            self.assertGreater(done.questions, least)

    def test_every_kind(self):
        with tempfile.TemporaryDirectory() as logs:
            logs_of_every_kind.write(logs)
            self.compare(Path(logs).resolve(), 200)

    def test_real_logs(self):
        if not REAL.is_dir():
            print("skipped: no real data", flush=True)
            self.skipTest("no real data")
        for logs in sorted(one for one in REAL.iterdir() if one.is_dir()):
            with self.subTest(logs=logs.name):
                self.compare(logs, 10)

    def test_several_experiments(self):
        with tempfile.TemporaryDirectory() as logs:
            logs_of_every_kind.sessions(f"{logs}/first")
            logs_of_every_kind.graphs(f"{logs}/second")
            with Served("--logdir", f"{logs}/first", "--logdir", f"{logs}/second") as server:
                ours = server.url.removesuffix("/api/v1")
                runs = lambda url: sorted(fetch_json(url, "runs"))
                until(lambda: runs(ours), lambda found: len(found) == 7)
                self.assertIn("first/tries/0", runs(ours))
                self.assertIn("second", runs(ours))
                self.assertEqual(runs(f"{ours}/experiment/second"), ["."])
                self.assertIn("tries/0/eval", runs(f"{ours}/experiment/first"))
                self.assertEqual([one["id"] for one in fetch_json(ours, "experiments")], ["first", "second"])
                self.assertEqual(fetch(f"{ours}/experiment/third", "runs")[0], 404)
                tags = fetch_json(ours, "plugin/scalars/tags")
                self.assertIn("acc", tags["first/tries/0"])
                found = fetch_json(ours, f"plugin/scalars/scalars?{query(run='first/tries/0', tag='acc')}")
                self.assertEqual(len(found), 4)


if __name__ == "__main__":
    unittest.main()
