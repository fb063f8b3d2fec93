"""The network's dimensions: a standard Qwen3 configuration without biases, with tied embedding."""

from dataclasses import asdict, dataclass

SPECIAL_TOKENS = ["<pad>", "<chunk>", "<task>", "<user>", "<bot>", "<end>"]


@dataclass(frozen=True)
class Shape:
    vocabulary: int = 8192
    width: int = 256
    layers: int = 8
    query_heads: int = 4
    kv_heads: int = 2
    head_width: int = 64
    feed_forward: int = 576
    # Copy heads need dimensions that hardly turn over a context (see wiring.py).
    rope_base: float = 1e6
    epsilon: float = 1e-6

    @property
    def group(self) -> int:
        """Query heads that share a KV head."""
        return self.query_heads // self.kv_heads

    @property
    def pointing(self) -> int:
        """Layer of the head that is shown where to look (objective.py): far enough up to know what is asked for, with layers left to say it."""
        return self.layers * 5 // 8

    @property
    def telling(self) -> int:
        """Layer of the head that is shown what tells the pointing head where to look: below it, above what reads names."""
        return self.pointing - 2

    def as_dict(self) -> dict:
        return asdict(self)
