"""Byte-level BPE over chunks of the training packages, and the files by which transformers and the engine read it."""

import json
import random
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from .shape import SPECIAL_TOKENS

# Identifiers fall apart at case changes and underscores, so that openFile and open_file share their parts; digits stand alone.
PIECES = r" ?[A-Z]?[a-z]+| ?[A-Z]+(?![a-z])|\d|[^\sA-Za-z\d]+|\n *| +(?! [A-Za-z])|\s"

CHAT_TEMPLATE = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ '<task>' + m.content + '<end>' }}"
    "{% elif m.role == 'user' %}{{ '<user>' + m.content + '<bot>' }}{% else %}{{ m.content + '<end>' }}{% endif %}{% endfor %}"
)


def texts(chunks: Path, seed: int, characters: int):
    """Chunks of all training packages in random order, each package with at most 300 of them."""
    rng = random.Random(seed)
    pool = []
    for file in sorted(chunks.glob("*.jsonl")):
        records = [json.loads(line) for line in file.open(encoding="utf8")]
        rng.shuffle(records)
        pool += [r["path"] + "\n" + r["text"] for r in records[:300]]
    rng.shuffle(pool)
    for text in pool:
        if characters <= 0:
            return
        characters -= len(text)
        yield text


def train_tokenizer(chunks: Path, out: Path, vocabulary: int, seed: int, characters: int = 40_000_000) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=3,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(chunks, seed, characters), trainer)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(out / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": "<pad>",
        "eos_token": "<end>",
        "additional_special_tokens": SPECIAL_TOKENS[1:5],
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    (out / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf8")
    return tokenizer
