"""A kept network goes on where it stood."""

import json
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import torch

from starter.checkpoint import Progress
from starter.grow import grown, sources
from starter.kept import keep, kept_shape, take_up
from starter.network import Network, Places
from starter.optimizer import Optimizer
from starter.shape import Shape

TINY = Shape(vocabulary=97, width=64, layers=2, query_heads=4, kv_heads=2, head_width=16, feed_forward=96)


def progress() -> Progress:
    network = Network(TINY)
    return Progress(network, Optimizer(network))


def logits(network: Network, tokens: torch.Tensor) -> torch.Tensor:
    rows, columns = tokens.shape
    numbers = torch.arange(rows)
    lengths = torch.full((rows,), columns)
    places = Places(numbers, torch.zeros_like(lengths), lengths, torch.zeros_like(lengths), columns)
    positions = torch.arange(columns).expand(rows, -1)
    return network.logits(network.prefill(tokens, positions, numbers[:, None].expand(-1, columns), places, False)[0])


class KeptTest(unittest.TestCase):
    def test_goes_on_where_it_stood(self):
        torch.manual_seed(2)
        before = progress()
        before.step, before.seen, before.seconds = 50, 7000, 3.5
        for weight in before.average.values():
            weight.mul_(1.5)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            before.save(folder / "flat.pt")
            for file in ("tokenizer.json", "tokenizer_config.json"):
                (folder / file).write_text(file)
            (folder / "log.jsonl").write_text("".join(json.dumps({"step": step}) + "\n" for step in (25, 50, 75)))
            out = folder / "kept"
            keep(folder / "flat.pt", folder, folder / "log.jsonl", out)
            self.assertEqual(kept_shape(out), TINY)
            after = progress()
            take_up(after, out)
            # Steps after it are another run's.
            self.assertEqual(len((out / "log.jsonl").read_text().splitlines()), 2)
            self.assertEqual((out / "tokenizer.json").read_text(), "tokenizer.json")
        self.assertEqual((after.step, after.seen, after.seconds), (50, 7000, 3.5))
        for name, weight in before.average.items():
            torch.testing.assert_close(after.network.state_dict()[name], weight, atol=1e-4, rtol=1e-3)
            torch.testing.assert_close(after.average[name], weight, atol=1e-4, rtol=1e-3)

    def test_grows_without_computing_anything_else(self):
        torch.manual_seed(3)
        small = Network(replace(TINY, layers=4))
        with torch.no_grad():
            for parameter in small.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.15)
        for layers in (4, 5, 7, 8):
            large = Network(replace(TINY, layers=layers))
            large.load_state_dict(grown(small.state_dict(), 4, layers))
            tokens = torch.randint(0, TINY.vocabulary, (2, 9))
            torch.testing.assert_close(logits(large, tokens), logits(small, tokens))
        self.assertEqual(sources(7, 10), [(0, False), (1, False), (1, True), (2, False), (3, False), (3, True), (4, False), (5, False), (6, False), (6, True)])
        with self.assertRaises(ValueError):
            sources(4, 9)

    def test_a_kept_network_goes_on_with_more_layers(self):
        torch.manual_seed(4)
        before = progress()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            before.save(folder / "flat.pt")
            for file in ("tokenizer.json", "tokenizer_config.json", "log.jsonl"):
                (folder / file).write_text("")
            keep(folder / "flat.pt", folder, folder / "log.jsonl", folder / "kept")
            network = Network(replace(TINY, layers=3))
            after = Progress(network, Optimizer(network))
            take_up(after, folder / "kept")
        tokens = torch.randint(0, TINY.vocabulary, (2, 9))
        torch.testing.assert_close(logits(after.network, tokens), logits(before.network, tokens), atol=1e-2, rtol=1e-2)


if __name__ == "__main__":
    unittest.main()
