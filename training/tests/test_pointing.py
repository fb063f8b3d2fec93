"""Tokens of answers are shown where they are copied from."""

import random
import tempfile
import unittest
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from starter.network import LayerState, Network
from starter.objective import evaluate_batch, to_look_at
from starter.samples import Batch, Encoder, collate
from starter.schedule import Recipe
from starter.selection import compress
from starter.shape import SPECIAL_TOKENS, Shape

LINES = ["# open(path) - function in src/a.ts - Opens it", "# shut(door) - method in src/b.ts", "# other - class in src/c.ts"]
TEXTS = [f"<chunk>src/a.ts defines open\n{LINES[0]}\nopen()\n", f"<chunk>src/b.ts\n{LINES[1]}\n{LINES[2]}\nx = 1\n"]
OPENS = {
    "kind": "k",
    "question": "Which one opens it?",
    "answer": "open",
    "copied": {"line": LINES[0], "at": 2, "via": {"line": LINES[0], "at": len(LINES[0]) - 1}},
}
COPIED = 2 * sum(len(answer) for answer in (" method in src/b.ts", " Opens it", " class in src/c.ts", " open"))
"""Tokens of both samples of a batch that are copied."""


def bytes_tokenizer() -> Tokenizer:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate([*SPECIAL_TOKENS, *letters])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(SPECIAL_TOKENS)
    return tokenizer


def new_network() -> Network:
    torch.manual_seed(1)
    return Network(Shape(vocabulary=300, width=64, layers=4, query_heads=4, kv_heads=2, head_width=16, feed_forward=96))


class Pointing(unittest.TestCase):
    def setUp(self):
        with tempfile.TemporaryDirectory() as folder:
            bytes_tokenizer().save(str(Path(folder) / "tokenizer.json"))
            self.encoder = Encoder(Path(folder))
        self.network = new_network()

    def batch(self, form: str) -> Batch:
        def asked(question: str, answer: str, line: int, of: str) -> dict:
            copied = {"line": LINES[line], "at": LINES[line].index(of)}
            return {"kind": "k", "question": question, "answer": answer, "copied": copied}

        questions = [
            asked("Where is shut?", "method in src/b.ts", 1, "method"),
            {"kind": "k", "question": "Is it?", "answer": "No"},
            OPENS,
            asked("What does open do?", "Opens it", 0, "Opens"),
            asked("Where is other?", "class in src/c.ts", 2, "class"),
        ]
        line = {"segments": TEXTS, "questions": questions, "instruction": "t", "examples": [], "names": []}
        other = {**line, "segments": TEXTS[::-1]}
        samples = [self.encoder.sample(one) for one in (line, other)]
        return collate(Recipe("code", form, 256, 256, None), samples, 500, 0, False)

    def test_source_is_the_token_that_comes_next(self):
        batch = self.batch("rag")
        width = int(batch.places.lengths.max())
        rows, columns, wanted = to_look_at(batch, batch.copied, width, None)
        # Every letter of the three answers, in both samples; the blank in front stands in the card as well.
        self.assertEqual(len(rows), COPIED)
        for row, column, slot in zip(rows.tolist(), columns.tolist(), wanted.tolist()):
            whole = sum(batch.samples[row].segments, [])
            self.assertEqual(whole[slot - (width - len(whole))], batch.questions[row, column + 1].item())

    def test_source_is_found_among_what_was_kept(self):
        batch = self.batch("sheet")
        lengths, longest = batch.places.lengths, int(batch.places.lengths.max())
        heads = self.network.shape.kv_heads
        scores = torch.rand(len(lengths), heads, longest)
        states = [LayerState(torch.zeros(len(lengths), heads, longest, 16), torch.zeros(len(lengths), heads, longest, 16), scores)]
        found = {}
        for ratio in (1.0, 2.0):
            kept = compress(states, lengths, ratio, True).columns[0][:, 0]
            most = kept.shape[1]
            rows, columns, wanted = to_look_at(batch, batch.copied, most * batch.segments_of.shape[1], kept)
            found[ratio] = set(zip(rows.tolist(), columns.tolist()))
            for row, column, slot in zip(rows.tolist(), columns.tolist(), wanted.tolist()):
                part, at = divmod(slot, most)
                number = int(batch.segments_of[row, part])
                index = int(kept[number, at]) - (longest - int(lengths[number]))
                self.assertEqual(batch.samples[row].segments[part][index], batch.questions[row, column + 1].item())
        self.assertEqual(len(found[1.0]), COPIED)
        self.assertTrue(found[2.0] < found[1.0])
        self.assertIsNone(to_look_at(batch, batch.copied, most, torch.full_like(kept, -1)))

    def test_what_tells_the_answer_is_looked_at_from_the_question(self):
        batch = self.batch("rag")
        width = int(batch.places.lengths.max())
        rows, columns, wanted = to_look_at(batch, batch.via, width, None)
        self.assertEqual(rows.tolist(), [0, 1])
        for row, column, slot in zip(rows.tolist(), columns.tolist(), wanted.tolist()):
            self.assertEqual(batch.questions[row, column].item(), self.encoder.special["<bot>"])
            whole = sum(batch.samples[row].segments, [])
            at = slot - (width - len(whole))
            self.assertEqual([self.encoder.tokenizer.id_to_token(one) for one in whole[at - 1 : at + 2]], ["i", "t", "Ċ"])

    def test_teaches_a_head_to_look_there(self):
        for form in ("sheet", "rag"):
            batch = self.batch(form)
            misses, untold = [], []
            network = new_network()
            optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
            for _ in range(40):
                outcome = evaluate_batch(network, batch, random.Random(1), None, False, 0.0)
                outcome.loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                misses.append(outcome.pointing)
                untold.append(outcome.telling)
            self.assertLess(misses[-1], 0.7 * misses[0])
            self.assertLess(untold[-1], 0.7 * untold[0])

    def test_teaches_it_to_say_what_it_looks_at(self):
        batch = self.batch("sheet")
        optimizer = torch.optim.Adam(self.network.parameters(), lr=3e-3)
        losses = []
        for _ in range(60):
            outcome = evaluate_batch(self.network, batch, random.Random(1), None, False, 0.0)
            losses.append(outcome.copying)
            outcome.loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        # Guessing among the letters and marks of the two texts would stay at 3.
        self.assertGreater(losses[0], 4)
        self.assertLess(losses[-1], 2)
        # The weights of that head and of what stands below it, and no other head's.
        self.network.said_of(torch.randn(5, 16)).sum().backward()
        moved = self.network.blocks[self.network.shape.pointing].out.weight.grad
        self.assertGreater(float(moved[:, :16].abs().max()), 0)
        self.assertEqual(float(moved[:, 16:].abs().max()), 0)


if __name__ == "__main__":
    unittest.main()
