"""Stock TensorBoard on top of Glassboard: over `--grpc_data_provider`, and as the data server it starts itself."""

import os
import re
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import grpc
import logs_of_every_kind
from replies import compare
from served import PROGRAM, Served
from stock import Stock, fetch, fetch_json, query, until
from tensorboard.data.proto import data_provider_pb2 as pb
from tensorboard.data.proto import data_provider_pb2_grpc

# Scalars travel as 32 bits over gRPC.
NARROW = ("scalars", "histograms/", "distributions/", "timeSeries", "hparams/")
SHOWN = {
    "timeseries",
    "scalars",
    "custom_scalars",
    "images",
    "audio",
    "graphs",
    "distributions",
    "histograms",
    "text",
    "pr_curves",
    "hparams",
    "mesh",
}


class Provider(Served):
    """A Glassboard that is also a data provider."""

    def __init__(self, *more):
        super().__init__("--grpc", "127.0.0.1:0", *more)

    def __enter__(self):
        super().__enter__()
        self.address = self.process.stdout.readline().split()[-1]
        return self

    def stub(self):
        return data_provider_pb2_grpc.TensorBoardDataProviderStub(grpc.insecure_channel(self.address))


class OverGrpc(unittest.TestCase):
    maxDiff = None

    def check(self, url):
        """What a person would look at first."""
        until(lambda: set(fetch_json(url, "runs")), lambda runs: len(runs) == 10)
        listing = fetch_json(url, "plugins_listing")
        self.assertEqual({name for name, about in listing.items() if about["enabled"]}, SHOWN)
        self.assertEqual(len(fetch_json(url, f"plugin/scalars/scalars?{query(run='old', tag='train/loss')}")), 40)
        status, kind, table = fetch(url, f"plugin/scalars/scalars?{query(run='old', tag='train/loss')}&format=csv")
        self.assertEqual((status, kind, len(table.splitlines())), (200, "text/csv", 41))
        bins = fetch_json(url, f"plugin/histograms/histograms?{query(run='new/train', tag='weights')}")
        self.assertEqual((len(bins), len(bins[0][2]), len(bins[0][2][0])), (6, 10, 3))
        text = fetch_json(url, f"plugin/text/text?{query(run='new/train', tag='text/one')}")
        self.assertIn("<h1>Title</h1>", text[0]["text"])
        picture = fetch_json(url, f"plugin/images/images?{query(run='new/train', tag='pictures', sample=2)}")[0]
        status, kind, png = fetch(url, f"plugin/images/individualImage?{picture['query']}")
        self.assertEqual((status, kind, png[:4]), (200, "image/png", b"\x89PNG"))
        infos = fetch_json(url, "plugin/hparams/experiment", b"{}")["hparamInfos"]
        self.assertEqual({info["name"] for info in infos}, {"lr", "optimizer", "deep", "mixed"})

    def test_the_data_provider(self):
        with tempfile.TemporaryDirectory() as logs:
            logs_of_every_kind.write(logs)
            with Provider("--logdir", logs) as provider, Stock("--grpc_data_provider", provider.address) as ours:
                self.check(ours.url)
                loader = ("--load_fast=false", "--reload_multifile=true")
                with Stock("--logdir", logs, *loader) as stock:
                    done = compare(stock.url, ours.url, NARROW)
                print(f"over gRPC: {done}", flush=True)
                self.assertEqual([], done.differing)

    def test_several_experiments(self):
        with tempfile.TemporaryDirectory() as logs:
            logs_of_every_kind.sessions(f"{logs}/first")
            logs_of_every_kind.graphs(f"{logs}/second")
            with Provider("--logdir", f"{logs}/first", "--logdir", f"{logs}/second") as provider:
                stub = provider.stub()
                names = lambda id: {run.name for run in stub.ListRuns(pb.ListRunsRequest(experiment_id=id)).runs}
                until(lambda: names(""), lambda found: len(found) == 7)
                self.assertTrue({"first/tries/0", "second"} <= names(""))
                self.assertEqual(names("second"), {"."})
                with self.assertRaises(grpc.RpcError) as refused:
                    names("third")
                self.assertEqual(refused.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_filters_and_samples(self):
        with tempfile.TemporaryDirectory() as logs:
            logs_of_every_kind.old_style(f"{logs}/old", logs_of_every_kind.np.random.default_rng(1))
            with Provider("--logdir", logs) as provider:
                stub = provider.stub()

                def read(points, **filters):
                    request = pb.ReadScalarsRequest(downsample=pb.Downsample(num_points=points))
                    request.plugin_filter.plugin_name = "scalars"
                    for name, values in filters.items():
                        getattr(request.run_tag_filter, name).names[:] = values
                        getattr(request.run_tag_filter, name).SetInParent()
                    runs = stub.ReadScalars(request).runs
                    return {run.run_name: {tag.tag_name: list(tag.data.step) for tag in run.tags} for run in runs}

                until(lambda: read(99), lambda found: found.get("old", {}).get("train/loss") == list(range(40)))
                self.assertEqual(set(read(99)["old"]), {"train/loss", "odd"})
                self.assertEqual(read(99, runs=[]), {})
                self.assertEqual(set(read(99, tags=["odd"])["old"]), {"odd"})
                self.assertEqual(read(1, tags=["train/loss"])["old"]["train/loss"], [39])
                self.assertEqual(read(5, tags=["train/loss"])["old"]["train/loss"], [0, 10, 20, 29, 39])
                self.assertEqual(read(0, tags=["train/loss"])["old"]["train/loss"], [])
                with self.assertRaises(grpc.RpcError) as refused:
                    stub.ReadScalars(pb.ReadScalarsRequest(plugin_filter=pb.PluginFilter(plugin_name="scalars")))
                self.assertEqual(refused.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
                # An answer does not wait for the acknowledgement of the one before: 40 ms and more each.
                begun = time.monotonic()
                for _ in range(50):
                    read(99, tags=["train/loss"])
                self.assertLess((time.monotonic() - begun) / 50, 0.035)

    def test_other_machines_are_refused(self):
        done = subprocess.run([PROGRAM, "serve", "--grpc", "0.0.0.0:0"], capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("--grpc", done.stderr)


class DataServer(unittest.TestCase):
    def environment(self, home):
        return {**os.environ, "TENSORBOARD_DATA_SERVER_BINARY": PROGRAM, "XDG_CACHE_HOME": home, "HOME": home}

    def test_tensorboard_starts_it(self):
        with tempfile.TemporaryDirectory() as logs, tempfile.TemporaryDirectory() as home:
            logs_of_every_kind.write(logs)
            for _ in range(2):
                with Stock("--logdir", logs, "--load_fast=true", env=self.environment(home)) as ours:
                    OverGrpc.check(self, ours.url)
            # The second start knew the first one's values: there is one cache, and it holds them.
            self.assertEqual(len(list(Path(home).glob("**/glassboard.db"))), 1)

    def start(self, home, logdir, *more):
        files = (f"{home}/port", f"{home}/error")
        args = [f"--logdir={logdir}", "--reload=5", "--samples-per-plugin=", "--port=0", "--die-after-stdin", "--no-checksum"]
        where = [f"--port-file={files[0]}", f"--error-file={files[1]}"]
        process = subprocess.Popen(
            [PROGRAM, *args, *where, *more], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.environment(home)
        )
        return process, *map(Path, files)

    def test_it_ends_with_its_standard_input(self):
        with tempfile.TemporaryDirectory() as logs, tempfile.TemporaryDirectory() as home:
            process, port, _ = self.start(home, logs, "--verbose")
            until(port.exists, bool, limit=20)
            self.assertRegex(port.read_text(), re.compile(r"^\d+\n$"))
            self.assertIsNone(process.poll())
            process.stdin.close()
            self.assertEqual(process.wait(timeout=20), 0)

    def test_a_bad_log_folder_is_exit_8_and_a_sentence(self):
        with tempfile.TemporaryDirectory() as home:
            process, port, error = self.start(home, "gs://bucket/logs")
            self.assertEqual(process.wait(timeout=20), 8)
            process.stdin.close()
            self.assertIn("gs://bucket/logs", error.read_text())
            self.assertFalse(port.exists())

    def test_a_removed_run_is_gone_at_the_next_start(self):
        with tempfile.TemporaryDirectory() as logs, tempfile.TemporaryDirectory() as home:
            logs_of_every_kind.sessions(logs)
            runs = lambda url: set(fetch_json(url, "runs"))
            with Stock("--logdir", logs, "--load_fast=true", env=self.environment(home)) as ours:
                until(lambda: runs(ours.url), lambda found: len(found) == 6)
            for file in Path(logs, "tries/0").glob("*tfevents*"):
                file.unlink()
            with Stock("--logdir", logs, "--load_fast=true", env=self.environment(home)) as ours:
                until(lambda: runs(ours.url), lambda found: len(found) == 5)


if __name__ == "__main__":
    unittest.main()
