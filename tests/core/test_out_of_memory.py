"""Too little memory is one sentence: how much is missing, and which setting helps."""

import argparse
import re

import pytest
import torch

from sublearn.core import cli, out_of_memory
from sublearn.core.errors import UserError
from sublearn.models import lm, sampling, training
from sublearn.models.engines import Plain
from sublearn.models.rows import Row
from sublearn.models.trainable import Trainable

# As torch 2.13 says it of a GPU.
SAID = (
    "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 79.10 GiB of which 1.25 GiB is free. "
    "Including non-PyTorch memory, this process has 77.84 GiB memory in use."
)
MISSING = "1.25 GiB of GPU memory are missing (2.50 GiB more were asked for, and of 79.10 GiB only 1.25 GiB are free)"


def full(*_, **__):
    """A GPU whose memory is full."""
    raise torch.OutOfMemoryError(SAID)


def test_a_gpu_says_how_much_is_missing():
    assert out_of_memory.missing(torch.OutOfMemoryError(SAID)) == MISSING
    assert out_of_memory.missing(ValueError("no weights")) is None


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("of another library"),
        torch.AcceleratorError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    ],
)
def test_what_lies_below_torch_names_no_numbers(error):
    assert out_of_memory.missing(error) == "the GPU's memory is full"


def test_the_processors_memory_says_what_was_asked_for():
    said = r"^here: 1048576\.00 GiB more of memory were asked for .*; do less\.$"
    with pytest.raises(UserError, match=said), out_of_memory.enough("here", "do less"):
        torch.empty(2**50, dtype=torch.uint8)


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="shape"), out_of_memory.enough("here", "do less"):
        raise RuntimeError("shape")


@pytest.mark.parametrize(("saving", "help_"), [(False, r" \(22\), or set save_memory: true\.$"), (True, r" \(22\)\.$")])
def test_training_says_which_setting_helps(model, saving, help_):
    model = lm.make_trainable(model, "full", Trainable(save_memory=saving), adapter_seed=0)
    optimiser = training.Optimiser(1e-2)
    with pytest.raises(UserError, match=f"^student, run 0: {re.escape(MISSING)}; lower micro_batch{help_}"):
        training.train(model, [[Row([7], [8])]], 1, optimiser, 0, loss=full, what="student, run 0", micro_batch=22)


def test_sampling_says_which_setting_helps(model, tokenizer, monkeypatch):
    monkeypatch.setattr(model, "forward", full)
    draws = sampling.uniform(2, 3, "memory")
    with pytest.raises(UserError, match=rf"^carrier: {re.escape(MISSING)}; lower batch, .* \(now 64\)\.$"):
        sampling.sample(Plain(model, tokenizer), [[2, 7], [2, 8]], draws, batch=64, what="carrier")


def test_a_model_that_does_not_fit_is_not_called_damaged(base, monkeypatch):
    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", full)
    with pytest.raises(UserError, match=rf"alpha: the model does not fit: {re.escape(MISSING)}; take a smaller model"):
        lm.load(base)


def test_a_step_that_runs_out_of_memory_anywhere_says_one_sentence(monkeypatch, caplog):
    monkeypatch.setattr("sys.argv", ["step"])
    with pytest.raises(SystemExit) as left:
        cli.run(full, argparse.ArgumentParser())
    assert left.value.code == 1
    assert f"error: {MISSING}; a smaller model or a device with more memory would help." in caplog.text
