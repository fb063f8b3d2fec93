"""Pointwise functions in one pass over memory."""

import shutil

import torch


def compiled(function):
    """Fuses a pointwise function where a C++ compiler is there; matrix products gain nothing from it."""
    return torch.compile(function, dynamic=True) if shutil.which("g++") else function
