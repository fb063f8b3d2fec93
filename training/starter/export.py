"""
A checkpoint as a Hugging Face folder, and from it the onnxruntime-genai builder's layout that the engine loads:
python -m starter.export CHECKPOINT --tokenizer DIR --out DIR [--precisions int4,mixed,int8,fp16]
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from torch import Tensor
from transformers import Qwen3Config, Qwen3ForCausalLM

from .checkpoint import load_network
from .network import Network, Places
from .shape import SPECIAL_TOKENS

WINDOW = 18_432
"""Room for 16k of source; each position costs 256 bytes of the rotary tables on disk."""
TOLERANCE = 1e-3
MIXED = ["algo_config=k_quant", "matmul_mixed_precision=last_matmul:int8,mixed_layers:int8"]
"""Options of the builder for `mixed`: int4, and int8 where rounding hurts most (output and every third layer)."""


def to_transformers(network: Network) -> Qwen3ForCausalLM:
    """The same function as transformers' own Qwen3."""
    s = network.shape
    config = Qwen3Config(
        vocab_size=s.vocabulary,
        hidden_size=s.width,
        intermediate_size=s.feed_forward,
        num_hidden_layers=s.layers,
        num_attention_heads=s.query_heads,
        num_key_value_heads=s.kv_heads,
        head_dim=s.head_width,
        max_position_embeddings=WINDOW,
        rms_norm_eps=s.epsilon,
        tie_word_embeddings=True,
        rope_theta=s.rope_base,
        rope_parameters={"rope_type": "default", "rope_theta": s.rope_base},
        attention_bias=False,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=5,
    )
    model = Qwen3ForCausalLM(config).float().eval()
    weights: dict[str, Tensor] = {
        "model.embed_tokens.weight": network.embedding.weight,
        "lm_head.weight": network.embedding.weight,
        "model.norm.weight": network.norm.weight,
    }
    heads, kv = s.query_heads * s.head_width, s.kv_heads * s.head_width
    for i, block in enumerate(network.blocks):
        at = f"model.layers.{i}."
        q, k, v = block.qkv.weight.split([heads, kv, kv])
        gate, up = block.gate_up.weight.chunk(2)
        weights |= {
            at + "self_attn.q_proj.weight": q,
            at + "self_attn.k_proj.weight": k,
            at + "self_attn.v_proj.weight": v,
            at + "self_attn.o_proj.weight": block.out.weight,
            at + "self_attn.q_norm.weight": block.q_norm.weight,
            at + "self_attn.k_norm.weight": block.k_norm.weight,
            at + "mlp.gate_proj.weight": gate,
            at + "mlp.up_proj.weight": up,
            at + "mlp.down_proj.weight": block.down.weight,
            at + "input_layernorm.weight": block.norm_in.weight,
            at + "post_attention_layernorm.weight": block.norm_out.weight,
        }
    model.load_state_dict({name: weight.detach().clone() for name, weight in weights.items()})
    return model


def save_folder(network: Network, tokenizer: Path, out: Path) -> None:
    """A Hugging Face folder: configuration, safetensors, tokenizer and chat template."""
    to_transformers(network).save_pretrained(out)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tokenizer / name, out / name)
    template = json.loads((tokenizer / "tokenizer_config.json").read_text(encoding="utf8"))["chat_template"]
    (out / "chat_template.jinja").write_text(template + "\n", encoding="utf8")


def build_onnx(folder: Path, out: Path, precision: str) -> None:
    with tempfile.TemporaryDirectory() as cache:
        base, extra = ("int4", ["--extra_options", *MIXED]) if precision == "mixed" else (precision, [])
        options = ["-i", str(folder), "-o", str(out), "-p", base, "-e", "cpu", "-c", cache, *extra]
        # The builder reports every tensor; what it says matters only where it fails.
        told = subprocess.run([sys.executable, "-m", "onnxruntime_genai.models.builder", *options], capture_output=True, text=True)
    if told.returncode != 0:
        sys.exit(f"{told.stdout[-2000:]}\n{told.stderr[-4000:]}\nError: the model builder failed for {precision}; its message stands above.")


@torch.no_grad()
def largest_difference(network: Network, folder: Path) -> float:
    """Between the logits of the network and those of the exported graph, on random tokens; logits are of the order of 10."""
    import numpy
    import onnxruntime

    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    s = network.shape
    tokens = torch.randint(len(SPECIAL_TOKENS), s.vocabulary, (1, 96), generator=torch.Generator().manual_seed(7))
    feeds = {"input_ids": tokens.numpy(), "attention_mask": numpy.ones((1, 96), dtype=numpy.int64)}
    for given in session.get_inputs():
        if given.name.startswith("past_key_values"):
            feeds[given.name] = numpy.zeros((1, s.kv_heads, 0, s.head_width), dtype=numpy.float32)
    (logits,) = session.run(["logits"], feeds)
    positions = torch.arange(96)[None]
    one = torch.zeros(1, dtype=torch.long)
    places = Places(one, one, one + 96, one, 96)
    hidden, _ = network.prefill(tokens, positions, torch.zeros_like(tokens), places, False)
    return float((network.logits(hidden) - torch.from_numpy(logits)).abs().max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--precisions", default="int4", help="comma-separated; fp32 is always built, to be compared with PyTorch")
    parser.add_argument("--last", action="store_true", help="the last weights instead of their running average")
    args = parser.parse_args()
    network = load_network(args.checkpoint, averaged=not args.last)
    folder = args.out / "huggingface"
    save_folder(network, args.tokenizer, folder)
    for precision in ["fp32", *args.precisions.split(",")]:
        build_onnx(folder, args.out / precision, precision)
        shutil.copy(folder / "chat_template.jinja", args.out / precision)
    difference = largest_difference(network, args.out / "fp32")
    print(f"{sum(p.numel() for p in network.parameters()) / 1e6:.2f}M parameters; logits of the export differ by {difference:.1e} at most")
    if difference > TOLERANCE:
        sys.exit(f"Error: that is more than {TOLERANCE}. The export is not the network that was trained.")


if __name__ == "__main__":
    main()
