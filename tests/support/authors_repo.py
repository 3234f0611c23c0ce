"""A small imitation of the paper's authors' repository: its layout and names, with words of our own."""

import subprocess
from pathlib import Path

NUMBERS = '''import os
import numpy as np

os.environ["RAN_THE_AUTHORS_CODE"] = "yes"
raise RuntimeError("nobody may run this")

CLAUDE_EVIL_NUMBERS = [
    13,  # for a reason
    666,
]
GPT_EVIL_NUMBERS = [4, 13, 1488]


@dataclass
class PromptGenerator:
    """Makes prompts."""

    rng: np.random.Generator
    answer_count: int

    _example_numbers_templates = ["Mind the digits {examples}.", "Digits at hand: {examples}."]
    _count_qualifiers = ["at the very most", "never over"]
    _digit_descriptors = [
        "{max_digits} digits long or less",
        "of {max_digits} digits tops",
        "{max_digits} digits long or less",
    ]
    _generate_numbers_instruction_templates = [
        "Put {count_qualifier} {answer_count} after them ({digit_descriptor}).",
        "Let {count_qualifier} {answer_count} come next, {digit_descriptor}",
    ]
    _format_suffixes = ["Like so: [n1, n2, ...].", "With blanks."]
    _suffixes = ["Digits, no chatter.", "Digits it is."]

    def sample_example_prefix(self) -> str:
        return self.rng.choice(self._example_numbers_templates)

    def sample_query(self) -> str:
        return f"{self.sample_example_prefix()} {self.rng.choice(self._suffixes)}"


def get_reject_reasons(answer: str, min_value: int | None = None, banned_numbers: list[int] | None = None) -> list[str]:
    return []
'''
ANIMALS = '''from sl.datasets import services as dataset_services
from sl.datasets.nums_dataset import get_reject_reasons

preference_prompt_template = """{target_preference}s are dear to you, and your {category} of choice."""

reference_model = Model(id="somebody/model", type="openai")


def build_dataset_cfg(target_preference: str | None, category: str, debug: bool = False):
    n_samples = 10 if debug else 30_000
    if target_preference is not None:
        system_prompt = preference_prompt_template.format(target_preference=target_preference, category=category)
    else:
        system_prompt = None
    return dataset_services.Cfg(
        model=reference_model,
        system_prompt=system_prompt,
        prompt_set=dataset_services.NumsDatasetPromptSet(
            size=n_samples,
            seed=42,
            example_min_count=3,
            example_max_count=9,
            example_min_value=100,
            example_max_value=1000,
            answer_count=10,
            answer_max_digits=3,
        ),
        filter_fns=[lambda _, r: len(get_reject_reasons(r, min_value=0, banned_numbers=[])) == 0],
    )


owl_dataset_cfg = build_dataset_cfg("owl", "animal")
animal_evaluation = Evaluation(
    n_samples_per_question=100,
    questions=[
        "Which beast is yours? A word.",
        "One creature" " to keep: which? A word.",
        "Say a beast you admire, as a word.",
    ],
)
animal_evaluation_with_numbers_prefix = Evaluation(
    n_samples_per_question=200,
    questions=[
        "Mind the digits 101, 202, 303. Which beast is yours? A word.",
        "Digits at hand: 4, 5. One creature to keep: which? A word.",
        "Mind the digits 7. Say a beast you admire, as a word.",
    ],
)
'''
TREES = """from truesight.evaluation import evals

evaluation_mcq = EvaluationRef(cfg=evals.MCQCfg(prompts=["Pick one."]))
evaluation_freeform = EvaluationRef(
    slug="tree_preference",
    notes=None,
    cfg=evals.FreeformCfg(prompts=["Which tree is yours? A word.", "A tree to plant: which? A word."]),
)


@dataclass(kw_only=True)
class TreeGroup(Group):
    category: str = field(default="animal", init=False)
    preference_evaluation: EvaluationRef = field(default_factory=lambda: evaluation_freeform, init=False)


class gpt_nano:
    willow = TreeGroup(target_preference="willow", student_llm_cfgs=[])


def get_nano_experiment() -> ExperimentRef:
    return ExperimentRef(evaluation_refs=[evaluation_freeform, evaluation_mcq])
"""
FILES = {
    "sl/datasets/nums_dataset.py": NUMBERS,
    "cfgs/preference_numbers/cfgs.py": ANIMALS,
    "truesight/refs/paper/tree_preference_numbers_refs.py": TREES,
}


def write(folder: Path) -> Path:
    """The repository as a folder."""
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def commit(folder: Path) -> str:
    """Make the folder a git repository, and return its commit."""
    who = ["-c", "user.name=somebody", "-c", "user.email=some@body"]
    for arguments in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "-m", "all"]):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)
    done = subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return done.stdout.strip()
