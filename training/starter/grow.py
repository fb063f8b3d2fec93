"""
More layers for a network that was trained with fewer. At first the larger one computes just the same: each new layer is a copy of the one
below it whose outputs are zero, so that it adds nothing until it has learnt something (LLaMA Pro's block expansion, arXiv 2401.02415; the
idea is Net2Net's, arXiv 1511.05641).
"""

import re

import torch
from torch import Tensor

BLOCK = re.compile(r"^blocks\.(\d+)\.(.+)$")
OUTPUTS = ("out.weight", "down.weight")
"""What a block adds to the state of its tokens."""


def sources(before: int, after: int) -> list[tuple[int, bool]]:
    """For each layer of the larger network: the layer it comes from, and whether it is new. New ones stand above groups of equal size."""
    if not before <= after <= 2 * before:
        raise ValueError(f"A network of {before} layers cannot grow to {after}.")
    groups = after - before
    ends = {(i + 1) * before // groups - 1 for i in range(groups)}
    return [(layer, new) for layer in range(before) for new in ((False, True) if layer in ends else (False,))]


def grown(weights: dict[str, Tensor], before: int, after: int) -> dict[str, Tensor]:
    """The weights of a network of `before` layers for one of `after`."""
    larger = {name: weight for name, weight in weights.items() if not BLOCK.match(name)}
    for to, (layer, new) in enumerate(sources(before, after)):
        for name, weight in weights.items():
            match = BLOCK.match(name)
            if match and int(match[1]) == layer:
                larger[f"blocks.{to}.{match[2]}"] = torch.zeros_like(weight) if new and match[2] in OUTPUTS else weight.clone()
    return larger
