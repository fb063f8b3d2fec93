"""The copy heads work before any training."""

import unittest

import torch

from starter.network import Network, Places
from starter.shape import Shape
from starter.wiring import wire_copy_heads


def share_copied(network: Network) -> float:
    """Of random tokens that come a second time, how many are foretold from what followed them the first time."""
    half = 100
    first = torch.randint(6, network.shape.vocabulary, (4, half))
    tokens = torch.cat([first, first], 1)
    rows = torch.arange(4)
    places = Places(rows, rows * 0, rows * 0 + 2 * half, rows * 0, 2 * half)
    positions = torch.arange(2 * half).expand(4, -1)
    hidden, _ = network.prefill(tokens, positions, rows[:, None].expand(-1, 2 * half), places, False)
    said = network.logits(hidden[:, half:-1]).argmax(-1)
    return float((said == tokens[:, half + 1 :]).float().mean())


class WiringTest(unittest.TestCase):
    @torch.no_grad()
    def test_copies_what_was_never_trained(self):
        torch.manual_seed(1)
        network = Network(Shape())
        self.assertLess(share_copied(network), 0.05)
        wire_copy_heads(network)
        self.assertGreater(share_copied(network), 0.3)


if __name__ == "__main__":
    unittest.main()
