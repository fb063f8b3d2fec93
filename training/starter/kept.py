"""
The network as it stood before its learning rate fell, small enough for version control: `training/checkpoint`, from which a run on any
machine goes on. The running average of its weights in half precision, tokenizer and log; the optimiser's state is not kept and builds
up anew within some dozens of steps.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from .checkpoint import Progress
from .grow import grown
from .shape import Shape

WEIGHTS = "network.safetensors"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
LOG = "log.jsonl"
COUNTERS = ("step", "seen", "seconds")


def keep(checkpoint: Path, tokenizer: Path, log: Path, out: Path) -> dict:
    """Writes the averaged weights of a checkpoint and how its run came there. Returns what it had seen."""
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")
    told = {name: state[name] for name in COUNTERS} | {"shape": state["shape"]}
    averaged = state["weights"] | state["average"]
    weights = {name: weight.half().contiguous() for name, weight in averaged.items()}
    out.mkdir(parents=True, exist_ok=True)
    save_file(weights, out / WEIGHTS, metadata={"run": json.dumps(told)})
    copy_tokenizer(tokenizer, out)
    lines = log.read_text(encoding="utf8").splitlines()
    (out / LOG).write_text("".join(f"{line}\n" for line in lines if json.loads(line)["step"] <= told["step"]), encoding="utf8")
    return told


def kept_shape(folder: Path) -> Shape:
    return Shape(**told_by(folder)["shape"])


def told_by(folder: Path) -> dict:
    with safe_open(folder / WEIGHTS, "pt") as file:
        return json.loads(file.metadata()["run"])


def take_up(progress: Progress, folder: Path) -> None:
    """Goes on from what was kept, with more layers where the network has more."""
    told = told_by(folder)
    with safe_open(folder / WEIGHTS, "pt") as file:
        weights = {name: file.get_tensor(name).float() for name in file.keys()}
    progress.network.load_state_dict(grown(weights, told["shape"]["layers"], progress.network.shape.layers))
    progress.average = {name: p.detach().clone() for name, p in progress.network.named_parameters()}
    progress.step, progress.seen, progress.seconds = (told[name] for name in COUNTERS)


def copy_tokenizer(folder: Path, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER_FILES:
        shutil.copy(folder / name, to / name)


def main() -> None:
    parser = argparse.ArgumentParser(description="Keeps a checkpoint of the flat phase for version control.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    told = keep(args.checkpoint, args.tokenizer, args.log, args.out)
    print(f"Kept in {args.out}: step {told['step']}, {told['seen'] / 1e6:.2f}M tokens.")


if __name__ == "__main__":
    main()
