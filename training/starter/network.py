"""The decoder in the shape of Qwen3 (RMS norms, norms on queries and keys, rotary positions, SwiGLU, grouped KV heads).

It runs in two halves, since every question reads a context that was prefilled before, and perhaps cut:
`prefill` reads segments and returns their keys *before* rotation, `answer` reads questions against kept keys at new positions.
Shapes: R rows of T tokens, S segments of up to C, B samples, P kept positions, K KV heads, D head width, W width.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .attention import attend
from .pointwise import compiled
from .shape import Shape

BESIDE = -2
"""Group of tokens that stand between sheet and questions."""


def linear(x: Tensor, weight: Tensor) -> Tensor:
    """Weights are kept in single precision and rounded to what activations are computed in."""
    return F.linear(x, weight.to(x.dtype))


@compiled
def rms_norm(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    full = x.float()
    return (full * torch.rsqrt(full.pow(2).mean(-1, keepdim=True) + epsilon) * weight).to(x.dtype)


@compiled
def swiglu(gate_up: Tensor) -> Tensor:
    gate, up = gate_up.chunk(2, -1)
    return F.silu(gate) * up


@compiled
def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = x.shape[-1] // 2
    a, b = x[..., :half].float(), x[..., half:].float()
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1).to(x.dtype)


class Places:
    """Where each of S segments and its probe stand in the prefilled rows; segments are handed out ending at column C, probes beginning at 0."""

    def __init__(self, rows: Tensor, starts: Tensor, lengths: Tensor, probes: Tensor, width: int):
        """rows, starts, lengths, probes [S]: row, first column, tokens of the segment, tokens of the probe behind it. width: columns of a row."""
        self.lengths = lengths
        context, longest = int(lengths.max()), int(probes.max())
        inside = torch.arange(context) - (context - lengths)[:, None]
        self.in_segment = inside >= 0
        self.segment_index = rows[:, None] * width + starts[:, None] + inside.clamp(min=0)
        after = torch.arange(longest).expand(len(rows), -1)
        self.in_probe = after < probes[:, None]
        self.probe_index = rows[:, None] * width + (starts + lengths)[:, None] + torch.where(self.in_probe, after, 0)

    def to(self, device: torch.device) -> "Places":
        moved = object.__new__(Places)
        moved.__dict__ = {name: part.to(device) for name, part in self.__dict__.items()}
        return moved

    def of_segments(self, parts: Tensor) -> Tensor:
        """[R, K, T, D] → [S, K, C, D]"""
        return self.picked(parts, self.segment_index)

    def of_probes(self, parts: Tensor) -> Tensor:
        return self.picked(parts, self.probe_index)

    @staticmethod
    def picked(parts: Tensor, index: Tensor) -> Tensor:
        flat = parts.transpose(1, 2).flatten(0, 1)
        # Where a text without a probe ends a row, the index of its (masked) probe would lie behind the last column.
        chosen = index.clamp(max=len(flat) - 1)
        # Its gradient is added up row by row, that of an index with brackets element by element.
        return flat.index_select(0, chosen.flatten()).unflatten(0, chosen.shape).transpose(1, 2)


def as_summand(mask: Tensor, precision: torch.dtype) -> Tensor:
    """Added to the logits of attention. Given as booleans it is converted again in every layer, which takes as long as the products."""
    return torch.zeros(mask.shape, dtype=precision).masked_fill(~mask, -1e9)


@dataclass
class LayerState:
    """What a layer keeps of S prefilled segments, each of which ends at column C."""

    keys: Tensor
    """[S, K, C, D], normalised, not rotated."""
    values: Tensor
    """[S, K, C, D]"""
    scores: Tensor | None
    """[S, K, C]: share of the probe's attention that fell on each position, mean over probe rows and the group's query heads."""


@dataclass
class Past:
    """The sheet that questions read: per layer keys (not rotated) and values [B, K, P, D]."""

    keys: list[Tensor]
    values: list[Tensor]
    positions: Tensor
    """[B, P]: where each kept key stands."""
    valid: Tensor
    """[B, P]: false where a slot is padding."""
    length: Tensor
    """[B]: the first position after the sheet."""


class Block(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        heads, width, d = shape.query_heads, shape.width, shape.head_width
        self.norm_in = nn.RMSNorm(width)
        self.norm_out = nn.RMSNorm(width)
        self.qkv = nn.Linear(width, (heads + 2 * shape.kv_heads) * d, bias=False)
        self.out = nn.Linear(heads * d, width, bias=False)
        self.gate_up = nn.Linear(width, 2 * shape.feed_forward, bias=False)
        self.down = nn.Linear(shape.feed_forward, width, bias=False)
        self.q_norm = nn.RMSNorm(d)
        self.k_norm = nn.RMSNorm(d)

    def project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries and keys are normalised and not rotated."""
        s = self.shape
        rows, tokens, _ = x.shape
        z = linear(rms_norm(x, self.norm_in.weight, s.epsilon), self.qkv.weight)
        z = z.view(rows, tokens, s.query_heads + 2 * s.kv_heads, s.head_width).transpose(1, 2)
        q, k, v = z.split([s.query_heads, s.kv_heads, s.kv_heads], 1)
        return rms_norm(q, self.q_norm.weight, s.epsilon), rms_norm(k, self.k_norm.weight, s.epsilon), v

    def finish(self, x: Tensor, attended: Tensor) -> Tensor:
        rows, tokens, _ = x.shape
        x = x + linear(attended.transpose(1, 2).reshape(rows, tokens, -1), self.out.weight)
        inner = linear(rms_norm(x, self.norm_out.weight, self.shape.epsilon), self.gate_up.weight)
        return x + linear(swiglu(inner), self.down.weight)


class Network(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.precision = torch.float32
        """Of activations; weights, norms, rotations and losses stay in single precision."""
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width)
        half = shape.head_width // 2
        self.register_buffer("frequencies", shape.rope_base ** (-torch.arange(half) / half), persistent=False)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)
        for block in self.blocks:
            for linear in (block.out, block.down):
                nn.init.normal_(linear.weight, std=0.02 / math.sqrt(2 * shape.layers))

    def angles(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """[..., T] → cos and sin [..., T, D/2]."""
        turns = positions[..., None].float() * self.frequencies
        return turns.cos(), turns.sin()

    def logits(self, hidden: Tensor) -> Tensor:
        return linear(hidden, self.embedding.weight).float()

    def prefill(
        self, tokens: Tensor, positions: Tensor, groups: Tensor, places: Places, score: bool
    ) -> tuple[Tensor, list[LayerState]]:
        """
        Reads rows [R, T] that hold several texts one behind the other; a text is a segment and, where there is one, its probe.
        groups [R, T]: number of the text, -1 for padding; texts do not see each other. positions [R, T].
        Returns hidden states [R, T, W] and the state of each segment.
        `score` follows the engine's scorer: causal softmax over segment *and* probe, of which the segment's share counts.
        """
        s = self.shape
        total = tokens.shape[1]
        cos, sin = (a[:, None] for a in self.angles(positions))
        mask = torch.ones(total, total, dtype=torch.bool).tril() & (groups[:, :, None] == groups[:, None, :])
        added = as_summand(mask[:, None], self.precision)
        x = self.embedding(tokens).to(self.precision)
        states = []
        for block in self.blocks:
            q, k, v = block.project(x)
            qr, kr = rotate(q, cos, sin), rotate(k, cos, sin)
            states.append(
                LayerState(
                    places.of_segments(k), places.of_segments(v), self.probe_scores(qr, kr, places) if score else None
                )
            )
            attended = attend(qr, kr, v, added)
            x = block.finish(x, attended)
        return rms_norm(x, self.norm.weight, s.epsilon), states

    def probe_scores(self, queries: Tensor, keys: Tensor, places: Places) -> Tensor:
        """[S, K, C]"""
        s = self.shape
        q = places.of_probes(queries).unflatten(1, (s.kv_heads, s.group))
        segment, probe = places.of_segments(keys)[:, :, None], places.of_probes(keys)[:, :, None]
        longest = probe.shape[-2]
        causal = torch.ones(longest, longest, dtype=torch.bool).tril()
        over_segment = (q @ segment.transpose(-1, -2)).float().masked_fill(~places.in_segment[:, None, None, None], -1e9)
        over_probe = (q @ probe.transpose(-1, -2)).float().masked_fill(~causal, -1e9)
        raw = torch.cat([over_segment, over_probe], -1) / math.sqrt(s.head_width)
        share = raw.softmax(-1)[..., : segment.shape[-2]] * places.in_probe[:, None, None, :, None]
        return share.sum(-2).mean(2) / places.in_probe.sum(1)[:, None, None]

    def answer(
        self,
        tokens: Tensor,
        offsets: Tensor,
        groups: Tensor,
        past: Past,
        watched: Tensor | None = None,
        shown: dict[int, tuple[Tensor, Tensor, Tensor]] | None = None,
    ) -> tuple[Tensor, list[Tensor], dict[int, Tensor]]:
        """
        Questions with their answers, tokens [B, T], each question a group of its own that does not see the others and starts right after the sheet.
        offsets [B, T]: place after the sheet. groups [B, T]: number of the question, -1 for padding, `BESIDE` for source that stands
        before the questions and that all of them see.
        watched [B, N]: columns of the tokens whose attention over the sheet is returned, summed, per layer [B, K, P]; -1 for none.
        shown: by layer, of M tokens row, column and the column of the sheet where its first head is to look; returned is by layer how far
        it is from looking there (cross-entropy).
        """
        s = self.shape
        count = tokens.shape[1]
        kept = past.positions.shape[1]
        cos, sin = (a[:, None] for a in self.angles(past.length[:, None] + offsets))
        cos_past, sin_past = (a[:, None] for a in self.angles(past.positions))
        seen_by = (groups[:, :, None] == groups[:, None, :]) | (groups[:, None, :] == BESIDE)
        own = torch.ones(count, count, dtype=torch.bool).tril() & seen_by
        mask = torch.cat([past.valid[:, None].expand(-1, count, -1), own], 2)[:, None]
        added = as_summand(mask, self.precision)
        x = self.embedding(tokens).to(self.precision)
        seen, missed = [], {}
        for number, (block, pk, pv) in enumerate(zip(self.blocks, past.keys, past.values)):
            q, k, v = block.project(x)
            qr = rotate(q, cos, sin)
            kk = torch.cat([rotate(pk, cos_past, sin_past), rotate(k, cos, sin)], 2)
            if shown and number in shown:
                missed[number] = self.misses(qr[:, 0], kk[:, 0], added[:, 0], *shown[number])
            if watched is not None:
                seen.append(self.looked_at(qr, kk, added, watched)[..., :kept])
            attended = attend(qr, kk, torch.cat([pv, v], 2), added)
            x = block.finish(x, attended)
        return rms_norm(x, self.norm.weight, s.epsilon), seen, missed

    def said_of(self, values: Tensor) -> Tensor:
        """Logits [N, vocabulary] of what the first head of layer `Shape.pointing` adds where it looks at nothing but one of the values [N, D]."""
        added = linear(values, self.blocks[self.shape.pointing].out.weight[:, : self.shape.head_width])
        return self.logits(rms_norm(added, self.norm.weight, self.shape.epsilon))

    def misses(self, queries: Tensor, keys: Tensor, added: Tensor, rows: Tensor, columns: Tensor, wanted: Tensor) -> Tensor:
        """Cross-entropy of one head's attention. queries [B, T, D], keys [B, P, D], added [B, T, P]; rows, columns, wanted [M]."""
        total = torch.zeros(())
        for row in rows.unique().tolist():
            own = rows == row
            logits = queries[row, columns[own]] @ keys[row].mT / math.sqrt(self.shape.head_width)
            total = total + F.cross_entropy(logits.float() + added[row, columns[own]], wanted[own], reduction="sum")
        return total / len(rows)

    @torch.no_grad()
    def looked_at(self, queries: Tensor, keys: Tensor, added: Tensor, watched: Tensor) -> Tensor:
        """Attention of the watched tokens, summed over them, mean over the query heads of a KV head: [B, K, P]."""
        s = self.shape
        there = watched >= 0
        columns = watched.clamp(min=0)[:, None, :, None]
        picked = queries.gather(2, columns.expand(-1, s.query_heads, -1, s.head_width)) / math.sqrt(s.head_width)
        hidden = added.gather(2, columns.expand(-1, -1, -1, added.shape[-1]))[:, :, None]
        raw = picked.unflatten(1, (s.kv_heads, s.group)) @ keys[:, :, None].mT
        share = (raw.float() + hidden).softmax(-1)
        return torch.einsum("bkgnp,bn->bkp", share, there.float()) / s.group
