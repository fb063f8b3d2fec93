"""Tokens of answers are shown where they are copied from."""

import random
import tempfile
import unittest
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from starter.network import Network
from starter.objective import evaluate_batch, to_look_at
from starter.samples import Batch, Encoder, collate
from starter.schedule import Recipe
from starter.shape import SPECIAL_TOKENS, Shape

LINES = ["# open(path) - function in src/a.ts - Opens it", "# shut(door) - method in src/b.ts", "# other - class in src/c.ts"]
TEXTS = [f"<chunk>src/a.ts defines open\n{LINES[0]}\nopen()\n", f"<chunk>src/b.ts\n{LINES[1]}\n{LINES[2]}\nx = 1\n"]


def bytes_tokenizer() -> Tokenizer:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate([*SPECIAL_TOKENS, *letters])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(SPECIAL_TOKENS)
    return tokenizer


class Pointing(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        with tempfile.TemporaryDirectory() as folder:
            bytes_tokenizer().save(str(Path(folder) / "tokenizer.json"))
            self.encoder = Encoder(Path(folder))
        self.network = Network(
            Shape(vocabulary=300, width=64, layers=4, query_heads=4, kv_heads=2, head_width=16, feed_forward=96)
        )

    def batch(self, form: str) -> Batch:
        def asked(question: str, answer: str, line: int, of: str) -> dict:
            copied = {"line": LINES[line], "at": LINES[line].index(of)}
            return {"kind": "k", "question": question, "answer": answer, "copied": copied}

        questions = [
            asked("Where is shut?", "method in src/b.ts", 1, "method"),
            {"kind": "k", "question": "Is it?", "answer": "No"},
            asked("What does open do?", "Opens it", 0, "Opens"),
            asked("Where is other?", "class in src/c.ts", 2, "class"),
        ]
        line = {"segments": TEXTS, "questions": questions, "instruction": "t", "examples": [], "names": []}
        other = {**line, "segments": TEXTS[::-1]}
        samples = [self.encoder.sample(one) for one in (line, other)]
        return collate(Recipe("code", form, 256, 256, None), samples, 500, 0, False)

    def test_source_is_the_token_that_comes_next(self):
        for form in ("sheet", "rag"):
            batch = self.batch(form)
            slots = batch.segments_of.shape[1]
            longest = int(batch.places.lengths.max())
            width = slots * longest
            rows, columns, wanted = to_look_at(batch, width)
            # Every letter of the three answers, in both samples; the blank in front stands in the card as well.
            self.assertEqual(len(rows), 2 * sum(len(a) for a in (" method in src/b.ts", " Opens it", " class in src/c.ts")))
            for row, column, slot in zip(rows.tolist(), columns.tolist(), wanted.tolist()):
                parts = batch.samples[row].segments
                if form == "sheet":
                    part, at = divmod(slot, longest)
                    found = parts[part][at]
                else:
                    whole = sum(parts, [])
                    found = whole[slot - (width - len(whole))]
                self.assertEqual(found, batch.questions[row, column + 1].item())

    def test_teaches_a_head_to_look_there(self):
        for form in ("sheet", "rag"):
            batch = self.batch(form)
            misses = []
            optimizer = torch.optim.Adam(self.network.parameters(), lr=3e-3)
            for _ in range(40):
                outcome = evaluate_batch(self.network, batch, random.Random(1), None, False, 0.0)
                outcome.loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                misses.append(outcome.pointing)
            self.assertLess(misses[-1], 0.7 * misses[0])


if __name__ == "__main__":
    unittest.main()
