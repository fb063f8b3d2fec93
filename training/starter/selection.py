"""Which positions of a segment survive, and the sheet that they make."""

import torch
import torch.nn.functional as F
from torch import Tensor

from .network import LayerState, Past

POOLED = 5
"""Positions over which a set for all heads of a layer is smoothed."""


def kept_counts(lengths: Tensor, ratio: float) -> Tensor:
    """Slots of each segment, as src/engine/compress/select.ts counts them."""
    return torch.minimum(lengths, torch.clamp(torch.ceil(lengths / ratio), min=1)).long()


def top_positions(scores: Tensor, lengths: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """
    scores [S, K, C] of segments that end at column C; lengths, counts [S].
    Returns columns [S, K, N] in ascending order with N the largest count, and [S, N] which of them are real.
    """
    columns = torch.arange(scores.shape[-1])
    inside = columns >= (scores.shape[-1] - lengths)[:, None]
    most = int(counts.max())
    ranked = scores.masked_fill(~inside[:, None], -1.0).topk(most, -1).indices
    real = torch.arange(most) < counts[:, None]
    # Slots that are not real sort to the end.
    ordered = ranked.masked_fill(~real[:, None], scores.shape[-1]).sort(-1).values
    return ordered.clamp(max=scores.shape[-1] - 1), real


class Sheet:
    """Kept keys and values of segments, before they are put together: per layer [S, K, N, D]; columns [S, K, N], -1 where a slot is empty."""

    def __init__(self, keys: list[Tensor], values: list[Tensor], columns: list[Tensor], real: Tensor, counts: Tensor):
        self.keys, self.values, self.columns, self.real, self.counts = keys, values, columns, real, counts


def smoothed(scores: Tensor) -> Tensor:
    """Mean over five neighbours, as SnapKV and CompressKV choose (src/engine/compress/scores.ts): runs of tokens stay together."""
    return F.avg_pool1d(scores, POOLED, 1, POOLED // 2)


def compress(states: list[LayerState], lengths: Tensor, ratio: float, per_head: bool, random: bool = False) -> Sheet:
    """Keeps the positions with the highest scores; for each KV head its own, or one smoothed set for all heads of a layer."""
    counts = kept_counts(lengths, ratio)
    keys, values, kept = [], [], []
    real = torch.empty(0)
    for state in states:
        rows, heads, total, _ = state.keys.shape
        if random:
            scores = torch.rand(rows, heads, total)
        elif state.scores is None:
            scores = torch.zeros(rows, heads, total)
        else:
            scores = state.scores.detach()
        if not per_head:
            scores = smoothed(scores.mean(1, keepdim=True)).expand(-1, heads, -1)
        columns, real = top_positions(scores, lengths, counts)
        gather = columns[..., None].expand(-1, -1, -1, state.keys.shape[-1])
        keys.append(state.keys.gather(2, gather))
        values.append(state.values.gather(2, gather))
        kept.append(columns.masked_fill(~real[:, None], -1))
    return Sheet(keys, values, kept, real, counts)


def assemble(sheet: Sheet, segments_of: Tensor, gaps: Tensor | None = None) -> Past:
    """
    Puts the segments of each sample in a row, keys at consecutive positions.
    segments_of [B, S]: numbers of each sample's segments, -1 where it has fewer. gaps [B, S]: positions left free before each segment,
    so that positions beyond the length trained on are not foreign.
    """
    samples, slots = segments_of.shape
    present = segments_of >= 0
    rows = segments_of.clamp(min=0)
    counts = sheet.counts[rows] * present
    before = counts.cumsum(1) - counts
    if gaps is not None:
        before = before + (gaps * present).cumsum(1)
    most = sheet.real.shape[1]
    positions = before[:, :, None] + torch.arange(most)
    valid = sheet.real[rows] & present[:, :, None]
    length = torch.where(valid, positions + 1, 0).flatten(1).amax(1)

    def joined(parts: Tensor) -> Tensor:
        _, heads, _, width = parts.shape
        return parts[rows].transpose(1, 2).reshape(samples, heads, slots * most, width)

    return Past(
        [joined(k) for k in sheet.keys],
        [joined(v) for v in sheet.values],
        positions.flatten(1),
        valid.flatten(1),
        length,
    )


def extend(past: Past, pool: Past, pool_first: bool) -> Past:
    """Puts a pool of foreign segments [1, K, Q, D] before or after every sample's own ones: a longer sheet for no prefill."""
    samples = past.valid.shape[0]
    shift = int(pool.length[0])
    own = past.positions + shift if pool_first else past.positions
    foreign = pool.positions.expand(samples, -1)
    foreign = foreign if pool_first else foreign + past.length[:, None]

    def both(mine: Tensor, theirs: Tensor) -> Tensor:
        return torch.cat([mine, theirs.expand(samples, -1, -1, -1)], 2)

    return Past(
        [both(a, b) for a, b in zip(past.keys, pool.keys)],
        [both(a, b) for a, b in zip(past.values, pool.values)],
        torch.cat([own, foreign], 1),
        torch.cat([past.valid, pool.valid.expand(samples, -1)], 1),
        past.length + shift,
    )
