"""The network against transformers, and its two halves against one pass."""

import unittest

import torch

from starter.export import to_transformers
from starter.network import BESIDE, Network, Places
from starter.objective import columns_of
from starter.selection import assemble, compress, extend, kept_counts, top_positions
from starter.shape import Shape

TINY = Shape(vocabulary=97, width=64, layers=3, query_heads=4, kv_heads=2, head_width=16, feed_forward=96)


def tiny_network() -> Network:
    torch.manual_seed(3)
    network = Network(TINY)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.15 if parameter.dim() == 2 else 1 + 0.2 * torch.randn_like(parameter))
    return network.eval()


def prefill(network: Network, tokens: torch.Tensor, context: int, score: bool = False):
    """Each row one text: a segment of `context` tokens and the rest as its probe."""
    rows, total = tokens.shape
    numbers = torch.arange(rows)
    lengths = torch.full((rows,), context)
    places = Places(numbers, torch.zeros(rows, dtype=torch.long), lengths, total - lengths, total)
    positions = torch.arange(total).expand(rows, -1)
    return network.prefill(tokens, positions, numbers[:, None].expand(-1, total), places, score)


class NetworkTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(5)
        self.network = tiny_network()
        self.tokens = torch.randint(0, TINY.vocabulary, (2, 23))

    @torch.no_grad()
    def test_equals_transformers(self):
        ours = self.network.logits(prefill(self.network, self.tokens, 23)[0])
        theirs = to_transformers(self.network)(self.tokens).logits
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)

    @torch.no_grad()
    def test_texts_in_one_row_do_not_see_each_other(self):
        plain, states = prefill(self.network, self.tokens, 15, True)
        # The second text is shorter by a token at its start of the segment, and padding follows.
        row = torch.cat([self.tokens[0], self.tokens[1, 1:], torch.zeros(3, dtype=torch.long)])[None]
        groups = torch.tensor([[0] * 23 + [1] * 22 + [-1] * 3])
        positions = torch.tensor([[*range(23), *range(22), 0, 0, 0]])
        places = Places(torch.tensor([0, 0]), torch.tensor([0, 23]), torch.tensor([15, 14]), torch.tensor([8, 8]), 48)
        hidden, together = self.network.prefill(row, positions, groups, places, True)
        alone, second = prefill(self.network, self.tokens[1:, 1:], 14, True)
        torch.testing.assert_close(hidden[:, :23], plain[:1], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(hidden[:, 23:45], alone, atol=1e-5, rtol=1e-5)
        for both, a, b in zip(together, states, second):
            torch.testing.assert_close(both.scores[0], a.scores[0], atol=1e-6, rtol=1e-5)
            torch.testing.assert_close(both.scores[1, :, 1:], b.scores[0], atol=1e-6, rtol=1e-5)
            torch.testing.assert_close(both.keys[1, :, 1:], b.keys[0], atol=1e-5, rtol=1e-5)
            self.assertEqual(float(both.scores[1, :, 0].abs().max()), 0.0)

    @torch.no_grad()
    def test_two_halves_equal_one_pass(self):
        whole = prefill(self.network, self.tokens, 23)[0]
        _, states = prefill(self.network, self.tokens[:, :14], 14)
        sheet = compress(states, torch.tensor([14, 14]), 1.0, True)
        past = assemble(sheet, torch.tensor([[0], [1]]))
        offsets = torch.arange(9).expand(2, -1)
        groups = torch.zeros(2, 9, dtype=torch.long)
        said, _, _ = self.network.answer(self.tokens[:, 14:], offsets, groups, past)
        torch.testing.assert_close(said, whole[:, 14:], atol=1e-5, rtol=1e-5)

    @torch.no_grad()
    def test_questions_do_not_see_each_other(self):
        _, states = prefill(self.network, self.tokens[:1, :14], 14)
        past = assemble(compress(states, torch.tensor([14]), 2.0, True), torch.tensor([[0]]))
        parts = [self.tokens[1:, :5], self.tokens[1:, 5:12]]
        alone = [
            self.network.answer(p, torch.arange(p.shape[1])[None], torch.zeros_like(p), past)[0] for p in parts
        ]
        offsets = torch.cat([torch.arange(p.shape[1]) for p in parts])[None]
        groups = torch.cat([torch.full((p.shape[1],), i) for i, p in enumerate(parts)])[None]
        together, _, _ = self.network.answer(torch.cat(parts, 1), offsets, groups, past)
        torch.testing.assert_close(together, torch.cat(alone, 1), atol=1e-5, rtol=1e-5)

    @torch.no_grad()
    def test_questions_see_what_stands_beside_the_sheet(self):
        _, states = prefill(self.network, self.tokens[:1, :10], 10)
        past = assemble(compress(states, torch.tensor([10]), 1.0, True), torch.tensor([[0]]))
        beside, parts = self.tokens[:1, 10:16], [self.tokens[:1, 16:21], self.tokens[1:, :4]]
        wholes = [prefill(self.network, torch.cat([self.tokens[:1, :16], p], 1), 16 + p.shape[1])[0][:, 16:] for p in parts]
        offsets = torch.cat([torch.arange(6), torch.arange(6, 11), torch.arange(6, 10)])[None]
        groups = torch.tensor([[BESIDE] * 6 + [0] * 5 + [1] * 4])
        said, _, _ = self.network.answer(torch.cat([beside, *parts], 1), offsets, groups, past)
        torch.testing.assert_close(said[:, 6:], torch.cat(wholes, 1), atol=1e-5, rtol=1e-5)

    @torch.no_grad()
    def test_scores_are_the_probes_attention(self):
        _, states = prefill(self.network, self.tokens, 15, True)
        model = to_transformers(self.network)
        model.set_attn_implementation("eager")
        attentions = model(self.tokens, output_attentions=True).attentions
        for state, attention in zip(states, attentions):
            share = attention[:, :, 15:, :15].mean(2).view(2, TINY.kv_heads, TINY.group, 15).mean(2)
            torch.testing.assert_close(state.scores, share, atol=1e-6, rtol=1e-5)


    @torch.no_grad()
    def test_watched_rows_show_where_they_look(self):
        _, states = prefill(self.network, self.tokens[:, :14], 14)
        past = assemble(compress(states, torch.tensor([14, 14]), 1.0, True), torch.tensor([[0], [1]]))
        watched = torch.zeros(2, 9)
        watched[0, 3:6] = 1
        watched[1, 8] = 1
        columns = columns_of(watched.bool())
        self.assertEqual(columns.tolist(), [[3, 4, 5], [8, -1, -1]])
        offsets, groups = torch.arange(9).expand(2, -1), torch.zeros(2, 9, dtype=torch.long)
        _, seen, _ = self.network.answer(self.tokens[:, 14:], offsets, groups, past, columns)
        model = to_transformers(self.network)
        model.set_attn_implementation("eager")
        attentions = model(self.tokens, output_attentions=True).attentions
        for mine, attention in zip(seen, attentions):
            share = (attention[:, :, 14:, :14] * watched[:, None, :, None]).sum(2)
            torch.testing.assert_close(mine, share.view(2, TINY.kv_heads, TINY.group, 14).mean(2), atol=1e-6, rtol=1e-5)


class SelectionTest(unittest.TestCase):
    def test_counts_as_the_engine(self):
        self.assertEqual(kept_counts(torch.tensor([384, 5, 1, 100]), 8.0).tolist(), [48, 1, 1, 13])
        self.assertEqual(kept_counts(torch.tensor([384]), 1.0).tolist(), [384])

    def test_highest_in_ascending_order(self):
        scores = torch.tensor([[[9.0, 0.1, 0.5, 0.2, 0.4]], [[0.0, 0.3, 0.1, 0.9, 0.2]]])
        columns, real = top_positions(scores, torch.tensor([4, 5]), torch.tensor([2, 3]))
        # The first row's first column is padding: its score must not count.
        self.assertEqual(columns[0, 0, :2].tolist(), [2, 4])
        self.assertEqual(real.tolist(), [[True, True, False], [True, True, True]])
        self.assertEqual(columns[1, 0].tolist(), [1, 3, 4])

    @torch.no_grad()
    def test_foreign_segments_far_away_can_be_masked_in(self):
        network = tiny_network()
        tokens = torch.randint(0, TINY.vocabulary, (3, 12))
        _, states = prefill(network, tokens, 12)
        lengths = torch.tensor([12, 12, 12])
        sheet = compress(states, lengths, 1.0, True)
        whole = assemble(sheet, torch.tensor([[0, 1, 2]]))
        pool = assemble(sheet, torch.tensor([[1, 2]]))
        for first, order in ((False, [[0, 1, 2]]), (True, [[1, 2, 0]])):
            longer = extend(assemble(sheet, torch.tensor([[0]])), pool, first)
            same = assemble(sheet, torch.tensor(order))
            question = tokens[:1, :4]
            said = [
                network.answer(question, torch.arange(4)[None], torch.zeros(1, 4, dtype=torch.long), past)[0]
                for past in (longer, same)
            ]
            torch.testing.assert_close(said[0], said[1], atol=1e-5, rtol=1e-5)
        self.assertEqual(int(whole.length[0]), 36)


if __name__ == "__main__":
    unittest.main()
