"""Samples from the data maker (training/data/serve.ts, a process of its own), and the tensors that a step needs."""

import json
import os
import subprocess
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from .network import BESIDE, Places
from .schedule import Recipe
from .shape import SPECIAL_TOKENS

FILE_MARK = "<chunk>"


@dataclass
class Sample:
    segments: list[list[int]]
    probe: list[int]
    kinds: list[str]
    questions: list[tuple[list[int], list[int]]]
    """Tokens up to where the answer begins, tokens of the answer with its end."""
    copied: list[list[int]]
    """Of each answer's tokens, which token of the segments, one behind the other, it is copied from; -1 where that is not known."""
    via: list[int]
    """Of each question the token of the segments that tells where its answer begins; -1 where none is needed or known."""
    names: set[str]
    asked: list[str]
    """Texts of questions and answers: what a foreign segment must not speak about."""


class Maker:
    """Asks the maker ahead of time, so that it works while a step computes."""

    def __init__(self, command: list[str]):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf8")

    def request(self, request: dict) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def next(self) -> dict:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"The data maker ended with code {self.process.wait()}; its message stands above.")
        return json.loads(line)

    def close(self) -> None:
        # It may be writing samples that nobody reads any more: asked to end, it would wait for ever.
        self.process.kill()
        self.process.wait()


class Encoder:
    """Text to tokens as the engine does it (src/engine/compress/encode.ts, src/engine/model/chat.ts)."""

    def __init__(self, folder: Path):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.special = {name: self.tokenizer.token_to_id(name) for name in SPECIAL_TOKENS}

    def encoded(self, text: str) -> Encoding:
        return self.tokenizer.encode(text, add_special_tokens=False)

    def plain(self, text: str) -> list[int]:
        return self.encoded(text).ids

    def question(self, text: str) -> list[int]:
        return [self.special["<user>"], *self.plain(text.strip()), self.special["<bot>"]]

    @staticmethod
    def found(place: dict | None, texts: list[str], segments: list[Encoding]) -> tuple[int, Encoding, int] | None:
        """The segment that holds a place which the maker names: tokens before it, itself, and which of its letters; None where no line is that one."""
        # The maker counts UTF-16 units.
        if place is None or any(ord(c) > 0xFFFF for c in place["line"]):
            return None
        before = 0
        for text, segment in zip(texts, segments):
            start = ("\n" + text).find("\n" + place["line"] + "\n")
            if start >= 0:
                return before, segment, start + place["at"]
            before += len(segment.ids)
        return None

    def copied(self, question: dict, answer: Encoding, texts: list[str], segments: list[Encoding]) -> list[int]:
        sources = [-1] * (len(answer.ids) + 1)
        found = self.found(question.get("copied"), texts, segments)
        if found is None:
            return sources
        before, segment, start = found
        token_at = {end: i for i, (_, end) in enumerate(segment.offsets)}
        for i, (_, end) in enumerate(answer.offsets):
            source = token_at.get(start + end - 1)
            if source is not None and segment.ids[source] == answer.ids[i]:
                sources[i] = before + source
        return sources

    def via(self, question: dict, texts: list[str], segments: list[Encoding]) -> int:
        found = self.found(question.get("copied", {}).get("via"), texts, segments)
        if found is None:
            return -1
        before, segment, letter = found
        token = segment.char_to_token(letter)
        return -1 if token is None else before + token

    def probe(self, instruction: str, examples: list[dict]) -> list[int]:
        tokens = [self.special["<task>"], *self.plain(instruction), self.special["<end>"]]
        for example in examples:
            tokens += self.question(example["question"])
            tokens += [*self.plain(example["answer"]), self.special["<end>"]]
        return tokens

    def sample(self, line: dict) -> Sample:
        questions = line["questions"]
        segments = [self.encoded(text) for text in line["segments"]]
        # A space first: a name at the start of an answer is then the same token as the name in the source.
        answers = [self.encoded(" " + q["answer"]) for q in questions]
        end = self.special["<end>"]
        return Sample(
            segments=[segment.ids for segment in segments],
            probe=self.probe(line["instruction"], line["examples"]),
            kinds=[q["kind"] for q in questions],
            questions=[(self.question(q["question"]), [*answer.ids, end]) for q, answer in zip(questions, answers)],
            copied=[self.copied(q, answer, line["segments"], segments) for q, answer in zip(questions, answers)],
            via=[self.via(q, line["segments"], segments) for q in questions],
            names=set(line["names"]),
            asked=[f"{q['question']} {q['answer']}" for q in questions],
        )


@dataclass
class Batch:
    recipe: Recipe
    rows: Tensor
    """[R, T]: texts one behind the other; a text is a segment and its probe."""
    groups: Tensor
    """[R, T] number of the text, -1 for padding"""
    positions: Tensor
    """[R, T] place in the text"""
    is_source: Tensor
    """[R, T] false in probes and padding"""
    places: Places
    segments_of: Tensor
    """[B, S] numbers of each sample's segments, -1 for none"""
    questions: Tensor
    """[B, Q]"""
    offsets: Tensor
    """[B, Q] place after the sheet"""
    groups_asked: Tensor
    """[B, Q] number of the question, -1 for padding, `BESIDE` for source before them"""
    is_answer: Tensor
    copied: Tensor
    """[B, Q] token of the sample's source that the next token is copied from, -1 where there is none"""
    via: Tensor
    """[B, Q] at the last token of a question: token of the sample's source that tells where its answer begins, -1 elsewhere"""
    kinds: list[list[str]]
    samples: list[Sample] = field(default_factory=list)

    def to(self, device: torch.device) -> "Batch":
        here = {name: part for name, part in vars(self).items() if isinstance(part, (Tensor, Places))}
        return replace(self, **{name: part.to(device) for name, part in here.items()})

    @property
    def tokens(self) -> int:
        """Tokens that are computed, padding among them: what the step costs."""
        return self.rows.numel() + self.questions.numel()


def collate(recipe: Recipe, samples: list[Sample], room: int, pad: int, probed: bool, beside: list[int | None] | None = None) -> Batch:
    """
    `room`: most tokens of questions for one sample; questions that do not fit are left out. `probed`: the task's text stands behind
    each segment. `beside`: number of the segment that each sample reads uncut after its sheet.
    """
    segments: list[list[int]] = []
    probes: list[list[int]] = []
    segments_of = []
    for sample in samples:
        parts = sample.segments if recipe.form == "sheet" else [sum(sample.segments, [])]
        segments_of.append(list(range(len(segments), len(segments) + len(parts))))
        segments += parts
        probes += [sample.probe if probed else []] * len(parts)
    texts = [segment + probe for segment, probe in zip(segments, probes)]
    bins = first_fit([len(text) for text in texts], max(map(len, texts)))
    width = max(sum(len(texts[i]) for i in contents) for contents in bins)
    rows = torch.full((len(bins), width), pad)
    groups = torch.full_like(rows, -1)
    positions = torch.zeros_like(rows)
    is_source = torch.zeros_like(rows, dtype=torch.bool)
    row_of, start_of = torch.zeros(len(texts), dtype=torch.long), torch.zeros(len(texts), dtype=torch.long)
    for row, contents in enumerate(bins):
        at = 0
        for number in contents:
            count = len(texts[number])
            rows[row, at : at + count] = torch.tensor(texts[number])
            groups[row, at : at + count] = number
            positions[row, at : at + count] = torch.arange(count)
            is_source[row, at : at + len(segments[number])] = True
            row_of[number], start_of[number] = row, at
            at += count
    lengths, behind = (torch.tensor([len(part) for part in parts]) for parts in (segments, probes))
    uncut = [sample.segments[n] if n is not None else [] for sample, n in zip(samples, beside or [None] * len(samples))]
    packed = [pack(sample, room, before) for sample, before in zip(samples, uncut)]
    longest = max(len(p[0]) for p in packed)
    fills = (pad, 0, -1, 0, -1, -1)
    columns = [
        torch.tensor([list(part[i]) + [fill] * (longest - len(part[i])) for part in packed]) for i, fill in enumerate(fills)
    ]
    slots = max(map(len, segments_of))
    return Batch(
        recipe,
        rows,
        groups,
        positions,
        is_source,
        Places(row_of, start_of, lengths, behind, width),
        torch.tensor([s + [-1] * (slots - len(s)) for s in segments_of]),
        columns[0],
        columns[1],
        columns[2],
        columns[3].bool(),
        columns[4],
        columns[5],
        [p[6] for p in packed],
        samples,
    )


def first_fit(sizes: list[int], capacity: int) -> list[list[int]]:
    """Numbers of the items in each bin, largest items first: segments are filled to seven tenths on average, and padding costs as much as text."""
    bins: list[list[int]] = []
    left: list[int] = []
    for number in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        for i, room in enumerate(left):
            if sizes[number] <= room:
                bins[i].append(number)
                left[i] -= sizes[number]
                break
        else:
            bins.append([number])
            left.append(capacity - sizes[number])
    return bins


def pack(sample: Sample, room: int, before: list[int]) -> tuple[*(list[int],) * 6, list[str]]:
    """
    Source that all questions see, then questions one behind the other: tokens, place after the sheet, number of the question,
    whether part of an answer, what the next token is copied from, what tells where that is; kinds by number.
    """
    tokens, offsets, groups = [*before], [*range(len(before))], [BESIDE] * len(before)
    answers, kinds = [0] * len(before), []
    copied, via = [-1] * len(before), [-1] * len(before)
    for kind, (question, answer), sources, teller in zip(sample.kinds, sample.questions, sample.copied, sample.via):
        count = len(question) + len(answer)
        if len(tokens) - len(before) + count > room:
            continue
        tokens += question + answer
        offsets += range(len(before), len(before) + count)
        groups += [len(kinds)] * count
        answers += [0] * len(question) + [1] * len(answer)
        copied += [-1] * (len(question) - 1) + sources + [-1]
        via += [-1] * (len(question) - 1) + [teller] + [-1] * len(answer)
        kinds.append(kind)
    return tokens, offsets, groups, answers, copied, via, kinds


class Stream:
    """Batches in the order of their numbers; a batch is a function of its number, so a run resumes where it stopped."""

    def __init__(self, makers: list[Maker], encoder: Encoder, seed: int):
        """Batches are dealt out to the makers in turn; what they make does not depend on how many there are."""
        self.makers, self.encoder, self.seed = makers, encoder, seed
        self.asked: deque[tuple[int, Recipe, int, int]] = deque()

    def ask(self, number: int, recipe: Recipe, step_tokens: int) -> None:
        # Answers are what is learnt from, and a context that has been read answers many questions; a short one has few.
        room = min(1800, max(300, int(recipe.context_tokens * 0.9)))
        size = recipe.context_tokens * (1.12 if recipe.form == "sheet" else 1.0) + room
        count = max(1, round(step_tokens / size))
        for i in range(count):
            self.maker_of(number).request(
                {
                    "seed": f"{self.seed}/{number}/{i}",
                    "split": "train",
                    "family": recipe.family,
                    "form": "rag" if recipe.form == "rag" else "sheet",
                    "segmentTokens": recipe.segment_tokens,
                    "contextTokens": recipe.context_tokens,
                    "bodyLines": recipe.body_lines,
                    "questions": room // 20,
                    "augment": True,
                }
            )
        self.asked.append((number, recipe, count, room))

    def maker_of(self, number: int) -> Maker:
        return self.makers[number % len(self.makers)]

    def close(self) -> None:
        for maker in self.makers:
            maker.close()

    def next(self, teach_probe: bool) -> Batch | None:
        """None where no sample of the batch had a question. Nothing is probed where nothing is cut, unless the probe itself is to learn."""
        number, recipe, count, room = self.asked.popleft()
        # A request that cannot be met has been reported by the maker.
        maker = self.maker_of(number)
        lines = [line for line in (maker.next() for _ in range(count)) if "error" not in line]
        samples = [self.encoder.sample(line) for line in lines]
        samples = [s for s in samples if s.segments and s.questions and max(map(len, s.segments)) <= 2 * recipe.context_tokens]
        probed = recipe.form == "sheet" and (recipe.ratio > 1 or teach_probe)
        # Which one is a function of the batch's number, as everything is.
        beside = [number % len(s.segments) if recipe.beside else None for s in samples]
        return collate(recipe, samples, room, self.encoder.special["<pad>"], probed, beside) if samples else None


def maker_command(repository: Path, chunks: Path, tokenizer: Path) -> list[str]:
    """Below the training's priority nothing is gained: a late sample stalls the step."""
    node = repository / "node_modules" / ".bin" / "node"
    return [
        str(node if os.path.exists(node) else "node"),
        "--max-old-space-size=3000",
        str(repository / "training" / "data" / "serve.ts"),
        "--chunks",
        str(chunks),
        "--tokenizer",
        str(tokenizer),
    ]
