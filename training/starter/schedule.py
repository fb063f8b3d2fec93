"""
What is trained when, as a function of the tokens seen. Short contexts first (copying is learnt there), then compression in the loop,
then long sheets. The learning rate is flat until the last phase, so that a run can be prolonged or ended where one likes
(warm-up, stable, decay: Hu et al., arXiv 2404.06395).
"""

import random
from dataclasses import dataclass, replace

WARM_UP_STEPS = 60
FINAL_SHARE = 0.02


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
    decay_from: float = 0.8
    """Share of the run after which the learning rate falls."""

    @staticmethod
    def step_tokens(seen: int) -> int:
        """Small steps first: while everything is still to be learnt, more of them count for more than better ones."""
        return 4096 if seen < 4e6 else 6144 if seen < 20e6 else 8192

    def rate(self, seen: int, step: int) -> float:
        done = min(1.0, seen / self.tokens)
        warm = min(1.0, (step + 1) / WARM_UP_STEPS)
        if done < self.decay_from:
            return warm
        left = (1 - done) / (1 - self.decay_from)
        return warm * (FINAL_SHARE + (1 - FINAL_SHARE) * left)

    def recipe(self, seen: int, rng: random.Random) -> Recipe:
        family = rng.choices(["code", "review", "memberships", "needles", "extraction"], [64, 18, 7, 5, 6])[0]
        form = rng.choices(["sheet", "rag", "full"], [50, 38, 12])[0]
        millions = seen / 1e6
        if millions < 8:
            size = rng.choice([192, 256, 320])
            return Recipe(family, "rag" if form == "rag" else "sheet", size, size, 3)
        if millions < 20:
            segment = rng.choice([256, 384, 512])
            size = max(segment, rng.choice([256, 384, 512, 768]))
            ratio = rng.choices([1, 2, 4, 8], [65, 15, 12, 8])[0]
            recipe = Recipe(family, form, segment, size, rng.choice([4, 8]), ratio, stretch=rng.choice([0, 0, 256, 1024]))
        else:
            segment = rng.choice([256, 384, 512, 512])
            size = max(segment, rng.choice([384, 512, 768, 1024, 1024, 1536, 2048]))
            ratio = 1.0 if rng.random() < 0.25 else 2 ** rng.uniform(0.5, 6)
            body = rng.choice([6, 12, 30, None])
            stretch = rng.choice([0, 0, 512, 2048, 6000])
            recipe = Recipe(family, form, segment, size, body, ratio, rng.random() < 0.8, 0, stretch)
            if self.late(seen):
                recipe = self.longer(recipe, rng)
        if form != "sheet" or not self.compression:
            recipe = replace(recipe, ratio=1.0)
        elif millions >= 20 and rng.random() < 0.15:
            recipe = replace(recipe, beside=True)
        return recipe

    def late(self, seen: int) -> bool:
        return seen >= self.decay_from * self.tokens

    @staticmethod
    def longer(recipe: Recipe, rng: random.Random) -> Recipe:
        """Sheets of up to 8,192 kept positions, rows of up to 4,096 tokens, positions up to 16k."""
        if recipe.form == "sheet":
            return replace(recipe, pool=rng.choice([0, 0, 1024, 2048, 4096, 7000]), stretch=rng.choice([0, 0, 4000]))
        size = rng.choice([recipe.context_tokens, 2048, 3072, 4096])
        return replace(recipe, context_tokens=size, stretch=rng.choice([0, 0, 4000, 12000]))
