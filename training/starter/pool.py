"""Foreign segments kept from earlier steps: they make sheets of thousands of positions for the price of none."""

import random
import re
from collections import deque
from dataclasses import dataclass

import torch
from torch import Tensor

from .network import Past
from .samples import Batch, Sample
from .selection import Sheet

WORD = re.compile(r"[A-Za-z_$][\w$]+")
MOST_POSITIONS = 40_000


@dataclass
class Kept:
    """One segment: per layer keys and values [K, C, D], detached."""

    keys: list[Tensor]
    values: list[Tensor]
    count: int
    names: set[str]


class Pool:
    """Keys and values go stale as the weights move; within the last few hundred steps of a falling learning rate they hardly do."""

    def __init__(self) -> None:
        self.segments: deque[Kept] = deque()
        self.positions = 0

    def add(self, sheet: Sheet, batch: Batch) -> None:
        for sample, numbers in zip(batch.samples, batch.segments_of.tolist()):
            for number in numbers:
                if number < 0:
                    continue
                count = int(sheet.counts[number])
                keys = [k[number, :, :count].detach() for k in sheet.keys]
                values = [v[number, :, :count].detach() for v in sheet.values]
                self.segments.append(Kept(keys, values, count, sample.names))
                self.positions += count
        while self.positions > MOST_POSITIONS:
            self.positions -= self.segments.popleft().count

    def draw(self, samples: list[Sample], positions: int, rng: random.Random) -> Past | None:
        """Segments of up to `positions` in all that define nothing the samples speak of."""
        spoken = {word for sample in samples for text in sample.asked for word in WORD.findall(text)}
        chosen, room = [], positions
        for kept in rng.sample(list(self.segments), len(self.segments)):
            if kept.count <= room and kept.names.isdisjoint(spoken):
                chosen.append(kept)
                room -= kept.count
        if not chosen:
            return None
        total = positions - room
        keys = [torch.cat(parts, 1)[None] for parts in zip(*(k.keys for k in chosen))]
        values = [torch.cat(parts, 1)[None] for parts in zip(*(k.values for k in chosen))]
        place = torch.arange(total)[None]
        return Past(keys, values, place, torch.ones(1, total, dtype=torch.bool), torch.tensor([total]))
