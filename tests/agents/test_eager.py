import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TRAIN = """
import sys, torch
from agents.eager import start_without_compiler
if EAGER: start_without_compiler()
torch.manual_seed(0)
net = torch.nn.Linear(3, 1)
for kind in (torch.optim.Adam, torch.optim.RMSprop, torch.optim.SGD):
    optimizer = kind(net.parameters(), lr=1e-2)
    for _ in range(3):
        optimizer.zero_grad()
        net(torch.ones(2, 3)).pow(2).sum().backward()
        optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
"""


def run(code: str, eager: bool) -> str:
    code = TRAIN.replace("EAGER", str(eager)) + code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return done.stdout


def test_optimizers_learn_the_same_without_the_compiler() -> None:
    say = "print('torch._dynamo' in sys.modules, net.weight.tolist(), net.bias.tolist())"
    eager, usual = run(say, True), run(say, False)
    assert eager.startswith("False"), "PyTorch has changed: see agents/eager.py"
    assert eager.split(maxsplit=1)[1] == usual.split(maxsplit=1)[1]


@pytest.mark.slow
def test_what_is_compiled_later_works() -> None:
    code = """
@torch.compile(backend='eager')
def learn():
    optimizer.zero_grad()
    net(torch.ones(2, 3)).pow(2).sum().backward()
    optimizer.step()
learn()
torch.optim.Adam(net.parameters()).zero_grad()
print(net.weight.tolist())
"""
    assert run(code, True) == run(code, False)
