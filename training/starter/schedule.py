"""
What is trained when, as a function of the tokens seen. Short contexts first (copying is learnt there), then compression in the loop,
then long sheets. The learning rate is flat until the last phase, so that a run can be prolonged or ended where one likes
(warm-up, stable, decay: Hu et al., arXiv 2404.06395).
"""

import random
from dataclasses import dataclass, replace

WARM_UP_STEPS = 60
FINAL_SHARE = 0.02
CUT_FROM = 7_000_000
"""Tokens after which contexts get longer and a part of them is compressed."""
LATER_RATE = 0.5
"""Factor of the learning rate from `LONG_FROM` on: at 15M tokens the running average of the weights stood at a loss of 0.22 where the last weights
stood at 0.36 (held-out packages, short contexts), so that steps had become too large for what was left to learn."""
SETTLED_FROM = 24_000_000
SETTLED_RATE = 0.3
"""The same again: at 24.5M tokens the average stood at 0.27, the last weights at 0.33. That network learnt little afterwards, so no earlier."""
SHORT_SHARE = 0.5
"""Share of the batches that stay short: there a token of training holds most questions, and copying goes on being learnt fastest."""
SHORT_SIZES = [192, 256, 320, 448]
SHORT_BODIES = [1, 1, 2, 3]
"""Rows of definitions: the more files a context has, the less is gained by guessing the commonest one (docs/findings.md)."""
LOW_RATIOS = 2.2
"""Of the compressed batches fewer than a fifth lie above 16x (a third, were the exponent drawn evenly): what a cut that deep has thrown away cannot be
learnt from, and the weights hear it as noise."""
LONGER_SHARE = 0.7
"""Share of the batches of the last phase, short ones apart, that go beyond 2,048 tokens: they cost the most time a question."""
FORMS = [58, 32, 10]
"""Shares of `sheet`, `rag` and `full`."""
LATE_POOLS = [0, 1024, 2048, 3072, 4096, 7000], [2, 3, 4, 3, 2, 1]
LONG_FROM = 11_000_000
"""Tokens after which most of them are, at ratios up to 64, over several segments with whole bodies."""
WIDE_FROM = 18_000_000
"""Tokens after which a sheet is mostly one of thousands of positions: after 42M, a network that had seen them in its last phase only gave 24 of
27 signatures from sheets of 4,000 source tokens, and 3 of 30 paths, of which such sheets hold a dozen alike."""
WIDE_SHARE = 0.5
SHARED_SETS = 0.4
"""Share of the compressed batches in which all heads of a layer keep one set of positions: so choose the strategies that serve this network best."""


@dataclass(frozen=True)
class Recipe:
    """One batch: all its samples are alike in form and size."""

    family: str
    form: str
    """`sheet`: segments prefilled apart; `rag`: chunks of several files in one row; `full`: segments in one row."""
    segment_tokens: int
    context_tokens: int
    body_lines: int | None
    ratio: float = 1.0
    per_head: bool = True
    pool: int = 0
    """Foreign kept positions put beside the sample's own."""
    stretch: int = 0
    """Most positions left free between segments (or inside a row)."""
    beside: bool = False
    """One of the segments is read uncut after the sheet, as the mode `hybrid` and files named with a question are."""


@dataclass(frozen=True)
class Plan:
    tokens: int
    """Of the whole run."""
    compression: bool = True
    """False: the twin that shows what compression in the loop contributes."""
    decay_from: float = 0.85
    """Share of the run after which the learning rate falls."""

    @staticmethod
    def step_tokens(seen: int) -> int:
        """Small steps first: while everything is still to be learnt, more of them count for more than better ones."""
        return 4096 if seen < 4e6 else 6144 if seen < LONG_FROM else 8192

    def rate(self, seen: int, step: int) -> float:
        done = min(1.0, seen / self.tokens)
        level = 1.0 if seen < LONG_FROM else LATER_RATE if seen < SETTLED_FROM else SETTLED_RATE
        warm = min(1.0, (step + 1) / WARM_UP_STEPS) * level
        if done < self.decay_from:
            return warm
        left = (1 - done) / (1 - self.decay_from)
        return warm * (FINAL_SHARE + (1 - FINAL_SHARE) * left)

    def recipe(self, seen: int, rng: random.Random) -> Recipe:
        family = rng.choices(["code", "review", "memberships", "needles", "extraction"], [64, 18, 7, 5, 6])[0]
        form = rng.choices(["sheet", "rag", "full"], FORMS)[0]
        if seen < CUT_FROM or rng.random() < SHORT_SHARE:
            size = rng.choice(SHORT_SIZES)
            return Recipe(family, "rag" if form == "rag" else "sheet", size, size, rng.choice(SHORT_BODIES))
        if seen < LONG_FROM:
            segment = rng.choice([256, 384, 512])
            size = max(segment, rng.choice([256, 384, 512, 768]))
            ratio = rng.choices([1, 2, 4, 8], [65, 15, 12, 8])[0]
            recipe = Recipe(family, form, segment, size, rng.choice([4, 8]), ratio, stretch=rng.choice([0, 0, 256, 1024]))
        else:
            segment = rng.choice([256, 384, 512, 512])
            size = max(segment, rng.choice([384, 512, 768, 1024, 1024, 1536, 2048] if seen < WIDE_FROM else [512, 768, 1024, 1024, 1536, 2048, 3072]))
            ratio = 1.0 if rng.random() < 0.25 else 2 ** (0.5 + 5.5 * rng.random() ** LOW_RATIOS)
            body = rng.choice([6, 12, 30, None])
            stretch = rng.choice([0, 0, 512, 2048, 6000])
            recipe = Recipe(family, form, segment, size, body, ratio, rng.random() >= SHARED_SETS, 0, stretch)
            if rng.random() < (LONGER_SHARE if self.late(seen) else WIDE_SHARE if seen >= WIDE_FROM else 0):
                recipe = self.longer(recipe, self.late(seen), rng)
        if form != "sheet" or not self.compression:
            recipe = replace(recipe, ratio=1.0)
        elif seen >= LONG_FROM and rng.random() < 0.15:
            recipe = replace(recipe, beside=True)
        return recipe

    def late(self, seen: int) -> bool:
        return seen >= self.decay_from * self.tokens

    def pools(self, seen: int) -> bool:
        """Are segments kept from step to step? Only where the weights move slowly."""
        return seen >= WIDE_FROM or self.late(seen)

    @staticmethod
    def longer(recipe: Recipe, late: bool, rng: random.Random) -> Recipe:
        """In the last phase sheets of up to 8,192 kept positions, rows of up to 4,096 tokens, positions up to 16k; before it half of that."""
        if recipe.form == "sheet":
            # Each question's tokens read all of the pool: 7,000 positions cost five times what the weights do.
            pool = rng.choices(*LATE_POOLS)[0] if late else rng.choice([512, 1024, 2048, 3072])
            return replace(recipe, pool=pool, stretch=rng.choice([0, 0, 4000]))
        size = rng.choice([recipe.context_tokens, 2048, 3072, 4096] if late else [recipe.context_tokens, 2048])
        return replace(recipe, context_tokens=size, stretch=rng.choice([0, 0, 4000, 12000]))
