"""Checkpoints that survive a kill at any moment: written beside the old one, then moved over it."""

import os
from pathlib import Path

import torch

from .network import Network
from .optimizer import Optimizer
from .shape import Shape

AVERAGE_DECAY = 0.998


class Progress:
    """Everything that a run goes on from."""

    def __init__(self, network: Network, optimizer: Optimizer):
        self.network, self.optimizer = network, optimizer
        self.average = {name: p.detach().clone() for name, p in network.named_parameters()}
        """Running average of the weights: better than the last ones while the learning rate is high."""
        self.step = 0
        self.seen = 0
        """Tokens computed, padding among them."""
        self.seconds = 0.0
        self.falling = False
        """The learning rate was on its way down at the last step."""

    @torch.no_grad()
    def follow(self) -> None:
        decay = min(AVERAGE_DECAY, (1 + self.step) / (10 + self.step))
        for name, parameter in self.network.named_parameters():
            self.average[name].lerp_(parameter, 1 - decay)

    def save(self, path: Path) -> None:
        state = {
            "shape": self.network.shape.as_dict(),
            "weights": self.network.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state(),
            "step": self.step,
            "seen": self.seen,
            "seconds": self.seconds,
            "falling": self.falling,
        }
        beside = path.with_suffix(".tmp")
        torch.save(state, beside)
        os.replace(beside, path)

    def load(self, path: Path) -> None:
        here = self.network.embedding.weight.device
        state = torch.load(path, weights_only=True, map_location=here)
        self.network.load_state_dict(state["weights"])
        self.average = state["average"]
        self.optimizer.load(state["optimizer"])
        self.step, self.seen, self.seconds = state["step"], state["seen"], state["seconds"]
        self.falling = state.get("falling", False)


def load_network(path: Path, averaged: bool = True) -> Network:
    state = torch.load(path, weights_only=True, map_location="cpu")
    network = Network(Shape(**state["shape"]))
    network.load_state_dict({**state["weights"], **(state["average"] if averaged else {})})
    return network.eval()
