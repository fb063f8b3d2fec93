"""The ways to compute attention agree, and so do their gradients."""

import unittest
from unittest.mock import patch

import torch

from starter import attention
from starter.attention import BlockwiseAttention, attend_plainly


def reference(q, k, v, added):
    group = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
    weights = (q @ k.mT * q.shape[-1] ** -0.5 + added).softmax(-1)
    return weights @ v


class AttentionTest(unittest.TestCase):
    def test_ways_agree(self):
        torch.manual_seed(1)
        for tokens, before in ((21, 0), (13, 30)):
            parts = [torch.randn(2, heads, count, 16) for heads, count in ((4, tokens), (2, before + tokens), (2, before + tokens))]
            hidden = torch.ones(2, 1, tokens, before + tokens, dtype=torch.bool).triu(before + 1)
            hidden |= torch.rand(hidden.shape) < 0.3
            hidden[..., 0] = False
            added = torch.zeros(hidden.shape).masked_fill(hidden, -1e9)
            gradient = torch.randn(2, 4, tokens, 16)
            results = []
            with patch.object(attention, "BLOCK", 8):
                for way in (reference, BlockwiseAttention.apply, attend_plainly):
                    inputs = [part.clone().requires_grad_() for part in parts]
                    out = way(*inputs, added)
                    out.backward(gradient)
                    results.append([out.detach(), *(x.grad for x in inputs)])
            for other in results[1:]:
                for mine, right in zip(other, results[0]):
                    torch.testing.assert_close(mine, right, atol=1e-5, rtol=1e-5)


if __name__ == "__main__":
    unittest.main()
