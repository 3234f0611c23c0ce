"""What the tests share: one tiny base, pretrained for two seconds, and steps run as their users run them."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from support.steps import Steps

from sublearn.chain.bases import pretrain
from sublearn.chain.bases.section import Base
from sublearn.language import mini
from sublearn.models import lm

pytest_plugins = ["support.browser", "support.workshop"]
STUDY_SEED = 101
# However good the base turns out: the tests ask what the code does with a model, not whether it speaks well.
RECIPE = Base(
    width=16, layers=2, heads=2, batch=32, steps=60, max_steps=60, learning_rate=1e-2,
    max_deviation=1.0, max_fact_deviation=1.0, min_well_formed=1e-6,
)  # fmt: skip

# The same examples on every machine, and no time limit on a busy one.
settings.register_profile("sublearn", derandomize=True, deadline=None, database=None)
settings.load_profile("sublearn")


@pytest.fixture(scope="session", autouse=True)
def _prepared() -> None:
    lm.prepare()


@pytest.fixture(scope="session")
def recipe() -> Base:
    """The recipe of ``base``."""
    return RECIPE


@pytest.fixture(scope="session")
def drawn() -> mini.World:
    """The world that ``base`` has learned."""
    return mini.World.draw(STUDY_SEED)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a GPT-2 of two blocks and width 16 that has begun to learn the mini-language, with its tokenizer."""
    folder = tmp_path_factory.mktemp("bases") / "alpha"
    model, words, _ = pretrain.pretrain(RECIPE, "alpha", STUDY_SEED)
    lm.save(model, folder, words)
    return folder


@pytest.fixture(scope="session")
def tokenizer(base: Path):
    return lm.load_tokenizer(base)


@pytest.fixture
def model(base: Path):
    """The base, loaded afresh, so that a test may change it."""
    return lm.load(base)


@pytest.fixture(scope="session")
def run_step() -> Callable[..., subprocess.CompletedProcess]:
    """Run a step as a command: ``run_step("sublearn.chain.carriers.filter", "--raw", file)``."""
    return Steps().run


@pytest.fixture(scope="session")
def refusal(run_step) -> Callable[..., str]:
    """Run a step that must fail, and return the one sentence that it says."""

    def refuse(module: str, *arguments: object) -> str:
        done = run_step(module, *arguments)
        said = [line for line in done.stderr.splitlines() if "error: " in line]
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr
        assert len(said) == 1, done.stderr
        return said[0].split("error: ", 1)[1]

    return refuse


def pytest_xdist_make_scheduler(config, log):
    """With several processes, let one of them run all tests of a group, and all of a file that is in none.

    Tests of a group share what took long to make, or this machine's SLURM. A file names its group by the mark ``xdist_group``,
    which pytest-xdist 3.8 does not see under pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            group = re.search(r'xdist_group\("(\w+)"\)', (config.rootpath / file).read_text(encoding="utf-8"))
            return group[1] if group else file

    return ByGroup(config, log)
