"""
Trains the starter model, or goes on with it: python -m starter.train --work DIR [--tokens N] [--without-compression]

DIR holds chunks/ (training/corpus/run.ts) and gets tokenizer/, checkpoint.pt and log.jsonl. Ctrl-C or a kill loses at most a few minutes.
"""

import argparse
import json
import random
import shutil
import signal
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer

from .checkpoint import Progress
from .kept import LOG, WEIGHTS, copy_tokenizer, kept_shape, take_up
from .network import Network
from .objective import Outcome, evaluate_batch
from .optimizer import Optimizer
from .pool import Pool
from .samples import Batch, Encoder, Maker, Stream, maker_command
from .schedule import Plan
from .shape import Shape
from .tokenizer import train_tokenizer
from .wiring import wire_copy_heads

REPOSITORY = Path(__file__).resolve().parents[2]
AHEAD = 3
"""Batches that each maker works on while one is computed; at least two, since the next one is read meanwhile."""
LOG_EVERY = 25
FLAT = "flat.pt"
"""The checkpoint before the learning rate fell: a longer run goes on from there (starter/kept.py)."""
SAVE_SECONDS = 240
TEACH_PROBE_EVERY = 3


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder of chunks, tokenizer, checkpoint and log")
    parser.add_argument("--run", default="loop", help="name of this run below DIR/runs")
    parser.add_argument("--tokens", type=float, default=40e6, help="tokens of the whole run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="cpu, or cuda where there is one (written for it, seen on none so far)")
    parser.add_argument("--precision", default="auto", choices=["auto", "float32", "bfloat16"], help="of activations; auto: bfloat16 where the hardware multiplies it faster")
    parser.add_argument("--makers", type=int, default=1, help="processes that make data: one feeds two CPU cores, a GPU takes a dozen")
    parser.add_argument("--kept", type=Path, help="folder of a kept network (starter/kept.py) to go on from where the run has no checkpoint yet")
    parser.add_argument("--layers", type=int, default=Shape.layers, help="a kept network with fewer grows to these (starter/grow.py)")
    parser.add_argument("--width", type=int, default=Shape.width)
    parser.add_argument("--vocabulary", type=int, default=Shape.vocabulary)
    parser.add_argument("--without-compression", action="store_true", help="the twin for comparison: nothing is ever cut")
    return parser.parse_args()


def mean_where_taught(losses: list[float]) -> float:
    """Of the steps that had this loss: it is 0 in the others."""
    return round(sum(losses) / max(1, sum(loss > 0 for loss in losses)), 4)


class Log:
    """Sums up the outcomes of some steps into one JSON line."""

    def __init__(self, path: Path):
        self.path = path
        self.outcomes: list[tuple[Batch, Outcome]] = []
        self.since = time.monotonic()

    def add(self, batch: Batch, outcome: Outcome) -> None:
        self.outcomes.append((batch, outcome))

    def write(self, progress: Progress, rate: float) -> None:
        kinds: dict[str, list[bool]] = defaultdict(list)
        ratios: dict[str, list[bool]] = defaultdict(list)
        for batch, outcome in self.outcomes:
            recipe = batch.recipe
            label = recipe.form if recipe.form != "sheet" else f"sheet {2 ** round(torch.tensor(recipe.ratio).log2().item())}x"
            if recipe.beside:
                label += " beside"
            for kind, hit in outcome.exact:
                ratios[label].append(hit)
                if recipe.ratio == 1:
                    kinds[kind].append(hit)
        count = len(self.outcomes)
        tokens = sum(batch.tokens for batch, _ in self.outcomes)
        line = {
            "step": progress.step,
            "tokens": progress.seen,
            "tokensPerSecond": round(tokens / (time.monotonic() - self.since)),
            "rate": round(rate, 4),
            "answers": round(sum(o.answers for _, o in self.outcomes) / count, 4),
            "language": round(sum(o.language for _, o in self.outcomes) / count, 4),
            "auxiliary": mean_where_taught([o.auxiliary for _, o in self.outcomes]),
            "telling": mean_where_taught([o.telling for _, o in self.outcomes]),
            "pointing": mean_where_taught([o.pointing for _, o in self.outcomes]),
            "copying": round(sum(o.copying for _, o in self.outcomes) / count, 4),
            "exact": {k: [sum(v), len(v)] for k, v in sorted(kinds.items())},
            "exactByForm": {k: [sum(v), len(v)] for k, v in sorted(ratios.items())},
        }
        with self.path.open("a", encoding="utf8") as file:
            file.write(json.dumps(line) + "\n")
        forms = " ".join(f"{k} {a / b:.2f}" for k, (a, b) in line["exactByForm"].items())
        print(
            f"step {line['step']} {line['tokens'] / 1e6:.2f}M {line['tokensPerSecond']} tok/s loss {line['answers']:.3f} "
            f"language {line['language']:.2f} probe {line['auxiliary']:.2f} telling {line['telling']:.2f} pointing {line['pointing']:.2f} copying {line['copying']:.2f} | {forms}",
            flush=True,
        )
        self.outcomes = []
        self.since = time.monotonic()


def prepared(name: str) -> torch.device:
    """Everything that a step makes is made there; a batch is put together on the CPU, by a thread that knows of no other device, and moved."""
    device = torch.device(name)
    if device.type != "cpu":
        torch.set_default_device(device)
        torch.set_float32_matmul_precision("high")
    return device


def chosen_precision(name: str, device: torch.device) -> torch.dtype:
    """A CPU whose instructions do not multiply bfloat16 takes longer for it than for single precision; one that has them takes half (Zen 4)."""
    if name == "auto":
        own = torch.cpu.get_capabilities()
        fast = device.type != "cpu" or own.get("amx_bf16", False) or own.get("avx512_bf16", False)
        return torch.bfloat16 if fast else torch.float32
    return getattr(torch, name)


def main() -> None:
    args = arguments()
    # Before the first parallel region, whose threads inherit it: attention grows sharp, and its smallest weights would be computed
    # with numbers for which a CPU takes a hundred times longer.
    torch.set_flush_denormal(True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    run = args.work / "runs" / args.run
    run.mkdir(parents=True, exist_ok=True)
    chunks, folder = args.work / "chunks", args.work / "tokenizer"
    checkpoint = run / "checkpoint.pt"
    kept = args.kept if args.kept and not checkpoint.exists() and (args.kept / WEIGHTS).exists() else None
    if kept:
        # What the network knows are this tokenizer's tokens.
        copy_tokenizer(kept, folder)
        shutil.copy(kept / LOG, run / LOG)
    elif not (folder / "tokenizer.json").exists():
        print("Training the tokenizer.", flush=True)
        train_tokenizer(chunks / "train", folder, args.vocabulary, args.seed)
    shape = replace(kept_shape(kept), layers=max(kept_shape(kept).layers, args.layers)) if kept else Shape(
        vocabulary=Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size(),
        layers=args.layers,
        width=args.width,
        query_heads=args.width // Shape.head_width,
    )
    network = Network(shape)
    wire_copy_heads(network)
    device = prepared(args.device)
    network.to(device)
    network.precision = chosen_precision(args.precision, device)
    progress = Progress(network, Optimizer(network))
    if checkpoint.exists():
        progress.load(checkpoint)
    elif kept:
        take_up(progress, kept)
    first = progress.step
    if first:
        print(f"Going on after step {progress.step}, {progress.seen / 1e6:.2f}M tokens.", flush=True)
    plan = Plan(int(args.tokens), compression=not args.without_compression)
    stopping: list[int] = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, _: stopping.append(number))
    makers = [Maker(maker_command(REPOSITORY, chunks, folder)) for _ in range(args.makers)]
    stream = Stream(makers, Encoder(folder), args.seed)
    log, pool = Log(run / LOG), Pool()
    flat = run / FLAT
    asked = progress.step
    saved = time.monotonic()

    def teaches(step: int) -> bool:
        return plan.compression and step % TEACH_PROBE_EVERY == 0

    # Tokenizing the next batch takes a tenth of a step, and the tokenizer leaves the interpreter to others meanwhile.
    reader = ThreadPoolExecutor(1)
    coming = None
    try:
        while progress.seen < plan.tokens and not stopping:
            began = time.monotonic()
            while asked < progress.step + AHEAD * len(makers):
                stream.ask(asked, plan.recipe(progress.seen, random.Random(f"{args.seed}/{asked}")), plan.step_tokens(progress.seen))
                asked += 1
            batch = (coming or reader.submit(stream.next, teaches(progress.step))).result()
            coming = reader.submit(stream.next, teaches(progress.step + 1))
            if batch is not None:
                batch = batch.to(device)
                late = plan.late(progress.seen)
                # Anew in each run that comes here: one that was prolonged or cut short must not keep what another one left behind.
                if late and not (progress.falling and flat.exists()):
                    progress.save(flat)
                progress.falling = late
                rng = random.Random(f"{args.seed}/{progress.step}/positions")
                language = 0.1 if late else 0.3
                outcome = evaluate_batch(network, batch, rng, pool if plan.pools(progress.seen) else None, teaches(progress.step), language)
                outcome.loss.backward()
                # What was taken up has no momenta yet: it warms up again.
                rate = plan.rate(progress.seen, progress.step - (first if kept else 0))
                progress.optimizer.step(rate)
                progress.follow()
                progress.seen += batch.tokens
                log.add(batch, outcome)
            progress.step += 1
            progress.seconds += time.monotonic() - began
            if progress.step % LOG_EVERY == 0 and log.outcomes:
                log.write(progress, plan.rate(progress.seen, progress.step))
            if time.monotonic() - saved > SAVE_SECONDS:
                progress.save(checkpoint)
                saved = time.monotonic()
    finally:
        progress.save(checkpoint)
        stream.close()
        reader.shutdown()
    print(f"{'Stopped' if stopping else 'Done'} at step {progress.step}, {progress.seen / 1e6:.2f}M tokens, {progress.seconds / 3600:.2f} h.", flush=True)


if __name__ == "__main__":
    main()
