"""How precisely PyTorch multiplies matrices of float32, for as long as something is computed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["PRECISIONS", "products"]

PRECISIONS = ("highest", "high", "medium")
"""What PyTorch calls the precision of products of float32 matrices."""


@contextmanager
def products(precision: str) -> Iterator[None]:
    """Matrix products as precise as ``torch.set_float32_matmul_precision`` says, and afterwards as before."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
