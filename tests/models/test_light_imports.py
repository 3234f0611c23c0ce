"""A step of one process starts without what it never uses, and has it when it does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch._dynamo.eval_frame", "torch._inductor", "torch.distributed.tensor", "sympy", "scipy.optimize"}


@pytest.fixture(scope="module")
def loaded():
    """Run code in a fresh interpreter, and return which of the heavy modules it has loaded then."""

    def run(code: str, **environment: str) -> set[str]:
        path = {"PYTHONPATH": str(Path(__file__).parents[2] / "workflow"), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
        code += f"\nimport sys\nprint(*({HEAVY} & sys.modules.keys()))"
        done = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | path | environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return set(done.stdout.split())

    return run


WORK = """
from sublearn.models import lm, training
from sublearn.models.engines import Plain
from sublearn.models.rows import Row
from sublearn.models.trainable import Trainable
import numpy as np
lm.prepare()
tokenizer, model = lm.load_tokenizer({base!r}), lm.load({base!r})
model = lm.make_trainable(model, {method!r}, Trainable(), 0)
training.train(model, [[Row([2, 10], [20, 30])] * 2] * 2, 2, training.Optimiser(1e-3), 0)
Plain(model, tokenizer)([[2, 10]], np.full((1, 3), 0.5), 1.0)
lm.save(model, {output!r})
"""


@pytest.mark.parametrize(("method", "needed"), [("bitfit", set()), ("lora", {"torch.distributed.tensor", "sympy"})])
def test_a_tiny_model_is_trained_asked_and_saved_without_the_compiler(loaded, base, method, needed, tmp_path):
    """PEFT asks of each linear layer whether its weights are such tensors."""
    assert loaded(WORK.format(base=str(base), method=method, output=str(tmp_path))) == needed


def test_with_versions_that_nobody_tried_all_is_imported_as_ever(loaded, base):
    code = "from sublearn.models import light_imports, lm\nlight_imports.TRIED['torch'] = '9.'\nlm.prepare()\n"
    assert "torch._dynamo.eval_frame" in loaded(f"{code}lm.load({str(base)!r})")


@pytest.mark.slow
def test_the_compiler_is_there_when_it_is_needed_and_knows_what_was_marked(loaded):
    code = """
from sublearn.models import lm
lm.prepare()
import torch
before = torch._dynamo
apart = torch.compiler.disable(lambda x: x + 1)
assert apart(torch.ones(1)).item() == 2
assert torch.compile(lambda x: apart(2 * x), backend="eager")(torch.ones(1)).item() == 3
assert torch._dynamo is not before
assert before.config is torch._dynamo.config
try:
    torch.compile(lambda x: apart(2 * x), backend="eager", fullgraph=True)(torch.ones(1))
except torch._dynamo.exc.Unsupported:
    pass
else:
    raise AssertionError("it was compiled")
"""
    assert "torch._dynamo.eval_frame" in loaded(code)


def test_a_module_of_the_compilers_is_imported_once(loaded):
    code = """
from sublearn.models import lm
lm.prepare()
import torch
import torch._dynamo.eval_frame as found
assert found is torch._dynamo.eval_frame
from torch.distributed.fsdp import fully_shard
"""
    assert {"torch._dynamo.eval_frame", "torch.distributed.tensor"} <= loaded(code)


def test_several_processes_import_all(loaded):
    assert "torch.distributed.tensor" in loaded("from sublearn.models import lm\nlm.prepare()", WORLD_SIZE="2")
