"""
Copy heads written into the initial weights: a previous-token head in layer 0 and a matching head in layer 1 (the induction pair of
Olsson et al., arXiv 2209.11895). Half of repeated random tokens are then predicted before any training, which saves the millions of
tokens after which a small decoder finds them by itself.
"""

import torch
from torch import Tensor

from .network import Network

SHARPNESS = (2.0, 1.5)


@torch.no_grad()
def wire_copy_heads(network: Network) -> None:
    shape = network.shape
    d, width = shape.head_width, shape.width
    half = d // 2
    embedding = network.embedding.weight
    basis, _ = torch.linalg.qr(torch.randn(width, width))
    written, content, found = basis[:, :d].T.contiguous(), basis[:, d : 2 * d].T, basis[:, 2 * d : 3 * d].T
    constant = basis[:, width - 1]
    # The place where layer 0 writes is empty in the embedding, and all tokens share one direction to attend by.
    embedding -= (embedding @ written.T) @ written
    embedding -= (embedding @ constant)[:, None] * constant
    embedding += 0.06 * constant

    def set_head(block, kind: str, head: int, weights: Tensor) -> None:
        first = {"q": 0, "k": shape.query_heads, "v": shape.query_heads + shape.kv_heads}[kind] + head
        block.qkv.weight[first * d : (first + 1) * d] = weights

    previous, match = network.blocks[0], network.blocks[1]
    # The fastest rotations tell neighbours apart: the query is the key turned back by one position.
    key = torch.zeros(d)
    key[:4] = 1.0
    cos, sin = network.frequencies.cos(), network.frequencies.sin()
    a, b = key[:half], key[half:]
    query = torch.cat([a * cos + b * sin, b * cos - a * sin])
    set_head(previous, "q", 0, torch.outer(query, constant))
    set_head(previous, "k", 0, torch.outer(key, constant))
    set_head(previous, "v", 0, content)
    previous.q_norm.weight.fill_(SHARPNESS[0])
    previous.k_norm.weight.fill_(SHARPNESS[0])
    previous.out.weight[:, :d] = written.T * 0.08

    # The slowest rotations hardly turn over a context: there the token itself is compared with what stood before each position.
    slow = [i for i in range(half) if network.frequencies[i] * 400 < 1.2]
    projection = torch.zeros(d, d)
    random = torch.randn(2 * len(slow), d) / 8
    projection[slow] = random[: len(slow)]
    projection[[i + half for i in slow]] = random[len(slow) :]
    set_head(match, "q", 0, projection @ content)
    set_head(match, "k", 0, projection @ written)
    set_head(match, "v", 0, found)
    match.q_norm.weight.fill_(SHARPNESS[1])
    match.k_norm.weight.fill_(SHARPNESS[1])
    match.out.weight[:, :d] = found.T
