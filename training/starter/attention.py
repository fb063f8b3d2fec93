"""Attention in three ways: which is fastest depends on device, precision and length."""

import torch
import torch.nn.functional as F
from torch import Tensor

from .pointwise import compiled

SHORT = 640
"""Positions up to which attention in bfloat16 is computed with the whole matrix of weights in memory."""
BLOCK = 512
"""Queries of a block in the backward pass."""


@compiled
def weights_again(raw: Tensor, added: Tensor, total: Tensor) -> Tensor:
    return (raw.float() + added - total).exp().to(raw.dtype)


@compiled
def through_softmax(weights: Tensor, gradient: Tensor, delta: Tensor) -> Tensor:
    return (weights.float() * (gradient.float() - delta)).to(weights.dtype)


class BlockwiseAttention(torch.autograd.Function):
    """
    PyTorch's fused kernel for CPUs, and its backward pass a block of queries at a time (Dao et al., FlashAttention, arXiv 2205.14135,
    appendix B): its own takes up to twice as long in bfloat16, and computes what causality hides.
    q [R, H, T, D], k and v [R, K, P, D], added [R, 1, T, P]: the last T of P columns are the queries' own, and none sees a later one.
    """

    @staticmethod
    def forward(ctx, q: Tensor, k: Tensor, v: Tensor, added: Tensor) -> Tensor:
        out, totals = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, False, attn_mask=added)
        ctx.save_for_backward(q, k, v, added, out, totals)
        return out

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        q, k, v, added, out, totals = (x.contiguous() for x in ctx.saved_tensors)
        rows, heads, tokens, width = q.shape
        kv, before = k.shape[1], k.shape[2] - tokens
        shape = (rows, kv, heads // kv, tokens, width)
        grouped, gradient = (q * width**-0.5).view(shape), gradient.reshape(shape)
        deltas = (gradient.float() * out.view(shape).float()).sum(-1, keepdim=True)
        totals = totals.view(*shape[:-1], 1)
        dq = torch.empty_like(grouped)
        dk, dv = (torch.zeros(x.shape) for x in (k, v))
        for row in range(rows):
            for a in range(0, tokens, BLOCK):
                b = min(tokens, a + BLOCK)
                end = before + b
                block, wanted = (x[row, :, :, a:b].reshape(kv, -1, width) for x in (grouped, gradient))
                keys, values = k[row, :, :end], v[row, :, :end]
                raw = (block @ keys.mT).view(heads, b - a, end)
                weights = weights_again(raw, added[row, 0, a:b, :end], totals[row, :, :, a:b].reshape(heads, b - a, 1))
                flat = weights.view(kv, -1, end)
                dv[row, :, :end] += flat.mT @ wanted
                dweights = (wanted @ values.mT).view(heads, b - a, end)
                draw = through_softmax(weights, dweights, deltas[row, :, :, a:b].reshape(heads, b - a, 1)).view(kv, -1, end)
                dk[row, :, :end] += draw.mT @ block
                dq[row, :, :, a:b] = (draw @ keys).view(kv, -1, b - a, width)
        return (dq * width**-0.5).view(rows, heads, tokens, width), dk.to(k.dtype), dv.to(v.dtype), None


def attend(q: Tensor, k: Tensor, v: Tensor, added: Tensor) -> Tensor:
    """
    q [R, H, T, D], k and v [R, K, P, D], added [R, 1, T, P] to the logits; no query sees a column of its own that is later.
    The fused kernels of a GPU take no masks together with grouped heads.
    """
    if q.is_cuda:
        group = q.shape[1] // k.shape[1]
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=added.to(q.dtype))
    if q.dtype == torch.bfloat16 and k.shape[2] <= SHORT:
        return attend_plainly(q, k, v, added)
    if q.dtype == torch.bfloat16:
        return BlockwiseAttention.apply(q, k, v, added)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=added, enable_gqa=True)


@compiled
def masked_softmax(raw: Tensor, added: Tensor) -> Tensor:
    return (raw.float() + added).softmax(-1).to(raw.dtype)


def attend_plainly(q: Tensor, k: Tensor, v: Tensor, added: Tensor) -> Tensor:
    """With the matrix of weights in memory: the fused kernel's backward pass takes nearly twice as long over short contexts in bfloat16."""
    rows, heads, tokens, width = q.shape
    kv, count = k.shape[1], k.shape[2]
    grouped = (q * width**-0.5).reshape(rows, kv, -1, width)
    weights = masked_softmax((grouped @ k.mT).view(rows, heads, tokens, count), added)
    return (weights.view(rows, kv, -1, count) @ v).view(rows, heads, tokens, width)
