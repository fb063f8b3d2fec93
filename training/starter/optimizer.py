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


def orthogonalised(gradients: Tensor) -> Tensor:
    """Five Newton–Schulz steps towards the nearest half-orthogonal matrix, for each of N [N, rows, columns]; coefficients as in the source."""
    x = gradients / (gradients.norm(dim=(1, 2), keepdim=True) + 1e-7)
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    for _ in range(5):
        square = x @ x.mT
        x = 3.4445 * x + torch.baddbmm(square, square, square, beta=-4.7750, alpha=2.0315) @ x
    return x.mT if tall else x


class Optimizer:
    def __init__(self, network: Network):
        inside = [p for p in network.blocks.parameters() if p.dim() == 2]
        matrices = {id(p) for p in inside}
        self.matrices = inside
        self.others = [p for p in network.parameters() if id(p) not in matrices]
        self.momenta = [torch.zeros_like(p) for p in inside]
        self.precision = network.precision
        """Of the Newton–Schulz steps, which bfloat16 is enough for."""
        sizes = sorted({p.shape for p in inside})
        self.alike = [[i for i, p in enumerate(inside) if p.shape == size] for size in sizes]
        """Numbers of the matrices that are updated together: those of one shape."""
        self.adam = torch.optim.AdamW(self.others, lr=ADAM_RATE, betas=(0.9, 0.95), weight_decay=0.0)

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """One update with both learning rates multiplied by `factor`; clears the gradients."""
        torch.nn.utils.clip_grad_norm_(self.others, 1.0)
        for group in self.adam.param_groups:
            group["lr"] = ADAM_RATE * factor
        self.adam.step()
        gradients = [weight.grad for weight in self.matrices]
        torch._foreach_mul_(self.momenta, MOMENTUM)
        torch._foreach_add_(self.momenta, gradients)
        torch._foreach_add_(gradients, self.momenta, alpha=MOMENTUM)
        for numbers in self.alike:
            updates = orthogonalised(torch.stack([gradients[i] for i in numbers]).to(self.precision)).float()
            for i, update in zip(numbers, updates):
                weight = self.matrices[i]
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
