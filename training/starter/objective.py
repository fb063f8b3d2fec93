"""The loss of a batch, and what it shows about each kind of question."""

import random
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .network import LayerState, Network, Past
from .pool import Pool
from .samples import Batch
from .selection import Sheet, assemble, compress, extend

AUXILIARY_WEIGHT = 0.3
POINTING_WEIGHT = 0.5
TELLING_WEIGHT = 0.3
COPYING_WEIGHT = 0.2
LANGUAGE_SHARE = 0.15
"""Share of the context's tokens that the language loss looks at."""


@dataclass
class Outcome:
    loss: Tensor
    answers: float
    """Cross-entropy of answer tokens, nats."""
    language: float
    auxiliary: float
    telling: float
    """Cross-entropy of where the telling head looks; 0 where nothing was shown."""
    pointing: float
    """Cross-entropy of where the pointing head looks; 0 where nothing was shown."""
    copying: float
    """Cross-entropy of what the pointing head would say of each token, if it looked there only."""
    exact: list[tuple[str, bool]]
    """Kind of each question, and whether every token of its answer was predicted (teacher-forced)."""


def positions_of(batch: Batch, rng: random.Random) -> Tensor:
    """[R, T]; in a single row some jumps ahead, so that far positions are not foreign (PoSE: Zhu et al., arXiv 2309.10400)."""
    stretch = batch.recipe.stretch
    if batch.recipe.form == "sheet" or stretch == 0:
        return batch.positions
    jumps = torch.zeros_like(batch.positions)
    for row in range(len(jumps)):
        for _ in range(rng.randint(1, 4)):
            jumps[row, rng.randrange(jumps.shape[1])] = rng.randrange(1 + stretch // 4)
    return batch.positions + jumps.cumsum(1)


def own_sheet(batch: Batch, states: list[LayerState], positions: Tensor, rng: random.Random, pool: Pool | None) -> tuple[Past, Sheet | None]:
    """What questions read, and which of its slots hold what; None where the text stands in one row."""
    recipe = batch.recipe
    places = batch.places
    if recipe.form != "sheet":
        # Nothing is cut and nothing moves: the text's own positions count.
        own = positions.flatten()[places.segment_index[batch.segments_of[:, 0]]]
        order = batch.segments_of[:, 0]
        past = Past(
            [s.keys[order] for s in states], [s.values[order] for s in states], own, places.in_segment[order], own[:, -1] + 1
        )
        return past, None
    sheet = compress(states, places.lengths, recipe.ratio, recipe.per_head)
    gaps = None
    if recipe.stretch:
        slots = batch.segments_of.shape[1]
        gaps = torch.tensor([[rng.randrange(1 + recipe.stretch // slots) for _ in range(slots)] for _ in batch.samples])
    past = assemble(sheet, batch.segments_of, gaps)
    if pool is not None and recipe.family in ("code", "needles"):
        pool.add(sheet, batch)
        drawn = pool.draw(batch.samples, recipe.pool, rng) if recipe.pool else None
        if drawn is not None:
            past = extend(past, drawn, rng.random() < 0.5)
    return past, sheet


def auxiliary_loss(states: list[LayerState], seen: list[Tensor], batch: Batch) -> Tensor:
    """
    Cross-entropy between where the answers looked and where the probe looks, per segment, layer and KV head, weighted by how much of
    the answers' attention the segment got. No gradient passes through the choice of positions; this is what teaches the probe.
    """
    places = batch.places
    present = batch.segments_of >= 0
    numbers = batch.segments_of[present]
    lengths, inside = places.lengths[numbers], places.in_segment[numbers]
    context = inside.shape[1]
    # Nothing was cut: a segment's slots are its columns, moved to the left end.
    shifted = (torch.arange(context) - (context - lengths)[:, None]).clamp(min=0)
    total = torch.zeros(())
    for state, attention in zip(states, seen):
        heads = attention.shape[1]
        looked = attention.unflatten(2, (present.shape[1], -1)).transpose(1, 2)[present]
        target = looked.gather(2, shifted[:, None].expand(-1, heads, -1)) * inside[:, None]
        mass = target.sum(-1, keepdim=True)
        smoothed = target + 1e-6 * inside[:, None]
        smoothed = smoothed / smoothed.sum(-1, keepdim=True)
        weight = mass[..., 0] / mass.mean().clamp(min=1e-9)
        scores = state.scores[numbers]
        scores = scores / scores.sum(-1, keepdim=True).clamp(min=1e-9)
        total = total - ((smoothed * (scores + 1e-8).log()).sum(-1) * weight).mean()
    return total / len(states)


def columns_of(marked: Tensor) -> Tensor:
    """Columns of the marked entries of each row, then -1: [B, T] → [B, N]."""
    counts = marked.sum(1)
    first = marked.int().argsort(dim=1, descending=True, stable=True)[:, : int(counts.max())]
    return torch.where(torch.arange(first.shape[1]) < counts[:, None], first, -1)


def to_look_at(batch: Batch, looked_for: Tensor, width: int, kept: Tensor | None) -> tuple[Tensor, Tensor, Tensor] | None:
    """
    Row, column and column of the sheet for each token of the questions that is to look at what is left of a token of the context.
    looked_for [B, Q]: which token of the sample's source, -1 for none. width: columns of the sheet. kept [S, N]: which columns of its segment
    the head kept, -1 for none; None where the text stands in one row.
    That an answer stands behind other parts of a card than the name does not show in the loss of its tokens for tens of millions of them:
    every step that finds it is worth nothing without the others (docs/findings.md).
    """
    rows, columns = (looked_for >= 0).nonzero(as_tuple=True)
    if len(rows) == 0:
        return None
    sources = looked_for[rows, columns]
    present = batch.segments_of >= 0
    lengths = batch.places.lengths[batch.segments_of.clamp(min=0)] * present
    if kept is None:
        # The row ends at the last column.
        return rows, columns, sources + (width - lengths[:, 0])[rows]
    ends = lengths.cumsum(1)
    part = (sources[:, None] >= ends[rows]).sum(1)
    # A segment ends at the last column, too.
    wanted = sources - ends[rows, part] + batch.places.in_segment.shape[1]
    found = kept[batch.segments_of[rows, part]] == wanted[:, None]
    there = found.any(1)
    if not there.any():
        return None
    slots = part * kept.shape[1] + found.int().argmax(1)
    return rows[there], columns[there], slots[there]


def all_shown(network: Network, batch: Batch, past: Past, sheet: Sheet | None) -> dict[int, tuple[Tensor, Tensor, Tensor]]:
    """
    By layer. Where an answer begins is told by what stands elsewhere when a call or a documentation is asked about: one head finds that
    (`Shape.telling`), the other one what is copied (`Shape.pointing`).
    """
    wanted = {network.shape.telling: batch.via, network.shape.pointing: batch.copied}
    shown = {layer: to_look_at(batch, of, past.valid.shape[1], sheet and sheet.columns[layer][:, 0]) for layer, of in wanted.items()}
    return {layer: one for layer, one in shown.items() if one is not None}


def copying_loss(network: Network, state: LayerState, batch: Batch) -> Tensor:
    """
    Does the pointing head say the token that it looks at? Cross-entropy of the token, read from what its value adds to the residual stream
    (the OV circuit of Elhage et al., "A Mathematical Framework for Transformer Circuits", 2021). One place for each distinct token of the
    batch: of those that are rare, answers alone show each a few times in a whole run, and every second wrong answer was right but for one of them.
    """
    inside = batch.places.in_segment.flatten()
    places = inside.nonzero()[:, 0]
    places = places[torch.randperm(len(places))]
    tokens, kind = batch.rows.flatten()[batch.places.segment_index].flatten()[places].unique(return_inverse=True)
    chosen = places[torch.zeros_like(tokens).scatter_reduce(0, kind, torch.arange(len(places)), "amax")]
    values = state.values[:, 0].flatten(0, 1)[chosen]
    return F.cross_entropy(network.said_of(values), tokens)


def evaluate_batch(network: Network, batch: Batch, rng: random.Random, pool: Pool | None, teach_probe: bool, language: float) -> Outcome:
    recipe = batch.recipe
    positions = positions_of(batch, rng)
    teach_probe = teach_probe and recipe.form == "sheet" and recipe.ratio == 1 and recipe.pool == 0 and not recipe.beside
    score = recipe.form == "sheet" and (recipe.ratio > 1 or teach_probe)
    hidden, states = network.prefill(batch.rows, positions, batch.groups, batch.places, score)
    past, sheet = own_sheet(batch, states, positions, rng, pool)
    watched = columns_of(batch.is_answer) if teach_probe else None
    # What stands beside the sheet holds some of it a second time.
    shown = {} if recipe.beside else all_shown(network, batch, past, sheet)
    said, seen, missed = network.answer(batch.questions, batch.offsets, batch.groups_asked, past, watched, shown)

    counts = batch.is_answer[:, 1:] & (batch.groups_asked[:, 1:] == batch.groups_asked[:, :-1])
    target = batch.questions[:, 1:][counts]
    logits = network.logits(said[:, :-1][counts])
    answers = F.cross_entropy(logits, target)
    loss = answers
    spoken = torch.zeros(())
    if language > 0:
        columns = batch.is_source[:, 1:] & (batch.groups[:, 1:] == batch.groups[:, :-1])
        picked = columns & (torch.rand(columns.shape) < LANGUAGE_SHARE)
        spoken = F.cross_entropy(network.logits(hidden[:, :-1][picked]), batch.rows[:, 1:][picked])
        loss = loss + language * spoken
    auxiliary = torch.zeros(())
    if teach_probe:
        auxiliary = auxiliary_loss(states, seen, batch)
        loss = loss + AUXILIARY_WEIGHT * auxiliary
    telling, pointing = (missed.get(layer, torch.zeros(())) for layer in (network.shape.telling, network.shape.pointing))
    copying = copying_loss(network, states[network.shape.pointing], batch)
    loss = loss + POINTING_WEIGHT * pointing + TELLING_WEIGHT * telling + COPYING_WEIGHT * copying
    return Outcome(loss, answers.item(), spoken.item(), auxiliary.item(), telling.item(), pointing.item(), copying.item(), exact_answers(batch, counts, logits, target))


@torch.no_grad()
def exact_answers(batch: Batch, counts: Tensor, logits: Tensor, target: Tensor) -> list[tuple[str, bool]]:
    right = (logits.argmax(-1) == target).tolist()
    samples, columns = counts.nonzero(as_tuple=True)
    groups = batch.groups_asked[samples, columns + 1].tolist()
    results: dict[tuple[int, int], bool] = {}
    for sample, group, hit in zip(samples.tolist(), groups, right):
        results[sample, group] = results.get((sample, group), True) and hit
    return [(batch.kinds[sample][group], hit) for (sample, group), hit in results.items()]
