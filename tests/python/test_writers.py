"""Writers that people use, beside what the server answers."""

import tempfile
import unittest

import numpy as np
from served import Served
from tensorboardX import SummaryWriter

STEPS = 50


class Writers(unittest.TestCase):
    def test_tensorboardx(self):
        with tempfile.TemporaryDirectory() as logs, Served("--logdir", logs) as server:
            with SummaryWriter(f"{logs}/a/b") as writer:
                for step in range(STEPS):
                    writer.add_scalar("train/loss", 1 / (step + 1), step)
                writer.add_histogram("weights", np.arange(100.0), 7)
                writer.add_image("picture", np.zeros((1, 8, 8), np.uint8), 9)
            name = server.until(lambda: server.json("GET", "/experiments")["experiments"], len)[0]["slug"]
            at = f"/experiments/{name}"
            runs = server.until(lambda: server.json("GET", f"{at}/runs")["runs"], len)
            self.assertEqual([run["name"] for run in runs], ["a/b"])

            query = f"{at}/scalars?tag=train/loss&runs={runs[0]['id']}&columns=1000"
            series = server.until(
                lambda: server.json("GET", query)["series"], lambda s: s and s[0]["total"] == STEPS
            )[0]
            self.assertEqual(series["x"], list(range(STEPS)))
            # Event files keep scalars as 32-bit floats.
            self.assertEqual(series["y"], [float(np.float32(1 / (step + 1))) for step in range(STEPS)])

            tags = server.until(
                lambda: {tag["tag"]: tag["kind"] for tag in server.json("GET", f"{at}/tags")["tags"]},
                lambda found: "picture" in found,
            )
            self.assertEqual(tags["weights"], "histogram")
            self.assertEqual(tags["picture"], "image")


if __name__ == "__main__":
    unittest.main()
