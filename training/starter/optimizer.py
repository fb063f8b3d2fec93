"""Muon (Jordan et al., https://kellerjordan.github.io/posts/muon) for matrices inside the blocks, AdamW for embedding and norms."""

import torch
from torch import Tensor

from .network import Network

MUON_RATE = 0.006
"""0.02, the usual value, stood at a loss of 4.2 where this stood at 3.1 (0.67M tokens)."""
ADAM_RATE = 2e-3
"""5e-4 stood at 5.8 where this stood at 4.2 (0.28M tokens)."""
MOMENTUM = 0.95
WEIGHT_DECAY = 0.01


def orthogonalised(gradient: Tensor) -> Tensor:
    """Five Newton–Schulz steps towards the nearest half-orthogonal matrix, coefficients as in the source."""
    x = gradient / (gradient.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.T if tall else x


class Optimizer:
    def __init__(self, network: Network):
        inside = [p for p in network.blocks.parameters() if p.dim() == 2]
        matrices = {id(p) for p in inside}
        self.matrices = inside
        self.others = [p for p in network.parameters() if id(p) not in matrices]
        self.momenta = [torch.zeros_like(p) for p in inside]
        self.adam = torch.optim.AdamW(self.others, lr=ADAM_RATE, betas=(0.9, 0.95), weight_decay=0.0)

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """One update with both learning rates multiplied by `factor`; clears the gradients."""
        torch.nn.utils.clip_grad_norm_(self.others, 1.0)
        for group in self.adam.param_groups:
            group["lr"] = ADAM_RATE * factor
        self.adam.step()
        for weight, momentum in zip(self.matrices, self.momenta):
            momentum.mul_(MOMENTUM).add_(weight.grad)
            update = orthogonalised(weight.grad + MOMENTUM * momentum)
            scale = max(1.0, weight.shape[0] / weight.shape[1]) ** 0.5
            weight.mul_(1 - MUON_RATE * factor * WEIGHT_DECAY).add_(update, alpha=-MUON_RATE * factor * scale)
        for weight in self.matrices + self.others:
            weight.grad = None

    def state(self) -> dict:
        return {"adam": self.adam.state_dict(), "momenta": self.momenta}

    def load(self, state: dict) -> None:
        self.adam.load_state_dict(state["adam"])
        for mine, saved in zip(self.momenta, state["momenta"]):
            mine.copy_(saved)
