"""PyTorch's optimizers without its compiler, as long as nobody compiles.

``torch.optim`` imports ``torch._dynamo`` when an optimizer is built and at each of its steps, to tell the compiler what
to leave alone. That takes two seconds, and without the compiler there is nothing to tell. Where the compiler is
loaded, by ``torch.compile`` or anything else, all is as PyTorch has it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import torch

__all__ = ["start_without_compiler"]

COMPILER = "torch._dynamo"
KEPT = "__dynamo_disable"
"""Where ``torch._compile._disable_dynamo`` keeps what it calls in a function's place."""


@functools.cache
def start_without_compiler() -> None:
    """Let optimizers that are built from now on run without the compiler; what a PyTorch lacks of it stays as it is."""
    if COMPILER in sys.modules:
        return
    for method in vars(torch.optim.Optimizer).values():
        code, plain = getattr(method, "__code__", None), getattr(method, "__wrapped__", None)
        if plain is not None and code is not None and code.co_name == "inner" and KEPT in code.co_consts:
            setattr(plain, KEPT, _method(plain))
    for optimizer in vars(torch.optim).values():
        step = vars(optimizer).get("step") if isinstance(optimizer, type) else None
        if step is not None and step.__code__.co_name == "_use_grad":
            optimizer.step = _step(step)


def _method(plain: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(plain)
    def call(*args: Any, **kwargs: Any) -> Any:
        if COMPILER not in sys.modules:
            return plain(*args, **kwargs)
        return torch.compiler.disable(plain)(*args, **kwargs)

    return call


def _step(step: Any) -> Callable[..., Any]:
    @functools.wraps(step)
    def call(self: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> Any:
        if COMPILER in sys.modules:
            return step(self, *args, **kwargs)
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            return step.__wrapped__(self, *args, **kwargs)

    return call
