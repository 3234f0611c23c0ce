"""Steps keep to their model's device: what they compute on a device that refuses to be mixed is what the processor computes."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress

import pytest
import torch
import transformers
from support import emulated_device
from support.training import OPTIMISER, STEPS, DiedError, interrupted

from sublearn.chain.students.train import soft_loss
from sublearn.measures import alignment
from sublearn.models import lm, log_probs, sampling, training
from sublearn.models.checkpoints import Checkpoint
from sublearn.models.engines import Plain
from sublearn.models.trainable import Trainable

PROMPTS = [[5, 6, 7], [8, 9, 10, 11], [5, 6], [3, 4, 5, 6, 7]]
STARTS = [(5,), (6, 7), (8, 9, 10), (3,)]


@pytest.fixture(scope="module")
def there():
    """Calls a function of this module in a process that has the device."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), emulated_device.install) as pool:
        yield lambda function, *args: pool.submit(function, *args).result()


@pytest.fixture(scope="module")
def model(tokenizer, tmp_path_factory):
    """The folder of a random model with biases, and with the tokenizer of tiny bases."""
    folder = str(tmp_path_factory.mktemp("elsewhere"))
    config = transformers.GPTNeoXConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=64, initializer_range=0.2,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.GPTNeoXForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


# What is computed here and there; `to_device` of ``lm`` is another one there.


def learned(model: str, method: str, save_memory: bool, soft: bool) -> list[float]:
    student = lm.make_trainable(lm.load(model), method, Trainable(save_memory=save_memory), 1)
    loss = training.token_loss
    if soft:
        teacher = lm.load(model)
        torch.nn.init.ones_(teacher.gpt_neox.final_layer_norm.bias)
        loss = soft_loss(teacher, torch.arange(7, 1000))
    return training.train(student, STEPS, len(STEPS), OPTIMISER, pad=0, loss=loss, micro_batch=2)


def always_due(folder: str) -> Checkpoint:
    """A checkpoint that is written after each step."""
    made = Checkpoint(folder, "student", ["a"])
    made.seconds = 0.0
    return made


def gone_on(model: str, folder: str) -> list[float]:
    """A loop that dies after two steps, and another that takes up its checkpoint."""
    losses = []
    for steps in (interrupted(STEPS, 2), STEPS):
        student = lm.make_trainable(lm.load(model), "lora", Trainable(), 1)
        with suppress(DiedError):
            losses = training.train(student, steps, len(STEPS), OPTIMISER, pad=0, checkpoint=always_due(folder))
        assert always_due(folder).path.exists()
    return losses


class Watched(training.Optimiser):
    """Keeps the optimiser that it makes where a test can see it."""

    def of(self, model: torch.nn.Module) -> torch.optim.Optimizer:
        Watched.made = super().of(model)
        return Watched.made


def places_of_state(model: str, folder: str) -> dict[str, str]:
    """Where the optimiser's state is that was taken up from a checkpoint."""
    for steps in (STEPS[:2], STEPS[:3]):
        student = lm.make_trainable(lm.load(model), "lora", Trainable(), 1)
        training.train(student, steps, 4, Watched(1e-2), pad=0, checkpoint=always_due(folder))
    return {key: value.device.type for state in Watched.made.state.values() for key, value in state.items()}


def asked(model: str) -> list[float]:
    first, starts = log_probs.answer_starts(lm.load(model), PROMPTS, STARTS)
    return [*first.sum(dim=1).tolist(), *starts.flatten().tolist()]


def written(model: str, temperature: float) -> list[str]:
    engine = Plain(lm.load(model), lm.load_tokenizer(model))
    return engine([*PROMPTS, PROMPTS[0]], sampling.uniform(5, 6, "elsewhere"), temperature)


def first_step(model: str) -> list[float]:
    student = lm.make_trainable(lm.load(model), "bitfit", Trainable(), 1)
    alignment.first_updates(student, STEPS[0], training.token_loss, 0, 2, training.Optimiser(3e-2, epsilon=1e-3))
    return [float(p.grad.norm()) for p in student.parameters() if p.requires_grad]


def mixed() -> list[str]:
    """What the device says of operations that a GPU refuses, and of some that it takes."""
    tensor, said = torch.ones(3, device=emulated_device.NAME), []
    index = torch.zeros(2, dtype=torch.long)
    for operation in (
        lambda: tensor + torch.ones(3),
        lambda: torch.ones(3)[index.to(emulated_device.NAME)],
        tensor.numpy,
        lambda: tensor[index] + torch.tensor(1.0),
        lambda: tensor.cpu().numpy(),
    ):
        try:
            operation()
            said.append("")
        except (RuntimeError, TypeError) as error:
            said.append(str(error))
    return said


def test_the_device_refuses_what_a_gpu_refuses(there):
    *refused, index, moved = there(mixed)
    assert all("two devices" in each or "numpy" in each for each in refused)
    assert index == moved == ""


# Each method, loss and use of memory in the fast tests; the other pairs of them in the slow ones.
FAST = [("lora", False, False), ("bitfit", False, True), ("full", True, True)]
WAYS = [(*way, soft) for way in [("lora", False), ("lora", True), ("bitfit", False), ("full", True)] for soft in (False, True)]


@pytest.mark.parametrize(
    ("method", "save_memory", "soft"), [pytest.param(*way, marks=[] if way in FAST else pytest.mark.slow) for way in WAYS]
)
def test_models_learn(there, model, method, save_memory, soft):
    arguments = (model, method, save_memory, soft)
    assert there(learned, *arguments) == pytest.approx(learned(*arguments), abs=1e-5)


def test_checkpoints_are_taken_up(there, model, tmp_path):
    assert there(gone_on, model, str(tmp_path / "there")) == pytest.approx(gone_on(model, str(tmp_path / "here")), abs=1e-5)


def test_what_is_taken_up_lies_where_adam_would_have_it(there, model, tmp_path):
    """On a GPU, a step that lies there too would be waited for once a parameter."""
    found = there(places_of_state, model, str(tmp_path))
    assert found == {"step": "cpu", "exp_avg": emulated_device.NAME, "exp_avg_sq": emulated_device.NAME}


def test_models_answer_and_write(there, model):
    assert there(asked, model) == pytest.approx(asked(model), rel=1e-5)
    for temperature in (1.0, 0.0):
        assert there(written, model, temperature) == written(model, temperature)


def test_coverage_is_measured(there, model):
    assert there(first_step, model) == pytest.approx(first_step(model), rel=1e-3)
