"""Estimate what a study of language models would cost, and list what already exists.

The estimate is computed, not measured. It counts the operations of training and sampling at a given rate of the GPU (by
default 40 % of an H100's peak in bfloat16), and the weights that each sampled token reads from memory. Jobs of models that the
pipeline pretrains on the CPU are counted, but without hours.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sublearn.chain.bases.section import AnyBase, Base, PinnedBase
from sublearn.chain.evaluations.base import ANSWERS, EVALUATIONS
from sublearn.chain.evaluations.section import Evaluation
from sublearn.chain.evaluations.tables import QUESTION_SETS
from sublearn.chain.plan import ChainPlan
from sublearn.chain.study import ChainStudy
from sublearn.core.errors import UserError
from sublearn.language import questions
from sublearn.models import shapes
from sublearn.models.shapes import Shape
from sublearn.models.trainable import Trainable
from sublearn.planning.artifacts import Artifact
from sublearn.planning.phases import PHASES

ROW_TOKENS = 145  # a number prompt and its completion, in tokenizers that split digits
COMPLETION_TOKENS = 50
OWN_QUESTIONS = len(QUESTION_SETS) * sum(questions.EVALUATED.values())  # number of questions in an evaluation
OF_PAPERS_FAMILIES = sum(questions.EVALUATED[family] for family in ("animal", "tree"))
# The paper asks for a favourite animal in 50 ways, and for a favourite tree in 49.
PAPER_FAMILY = 50
PAPER_QUESTIONS = OWN_QUESTIONS + len(QUESTION_SETS) * (PAPER_FAMILY + 49 - OF_PAPERS_FAMILIES)
QUESTION_TOKENS = 60
ANSWER_TOKENS = 4
# Tokens of a row that is learned, and those of its completion.
ROW = ROW_TOKENS, COMPLETION_TOKENS
LESSON = QUESTION_TOKENS + ANSWER_TOKENS, ANSWER_TOKENS
WHOLE = Trainable()  # how bases are trained: whole batches, no activations recomputed
MINI_WORDS = 1_200  # the mini-language's tokens, about
PROCESS = 5e8  # bytes that Python, torch and transformers take
GIB = 2.0**30


@dataclass(frozen=True)
class Size:
    """How large a model is.

    Attributes:
        parameters: number of parameters, including embeddings.
        item: bytes per weight.
        known: its shape; None stands for the usual one.
    """

    parameters: float
    item: int
    known: Shape | None = None

    @property
    def shape(self) -> Shape:
        return self.known or shapes.usual(self.parameters)

    @property
    def weights(self) -> float:
        """Bytes of all weights."""
        return self.parameters * self.item

    def trained(self, recipe: Trainable, method: str) -> float:
        """Number of parameters that a recipe trains; LoRA is on every linear layer, of which a perceptron may have three."""
        shape = self.shape
        lora = recipe.rank * shape.depth * (9 * shape.width + 2 * shape.keys + 3 * shape.inner)
        return {"lora": lora, "bitfit": 10 * shape.width * shape.depth}.get(method, self.parameters)

    def training_memory(
        self, recipe: Trainable, method: str, batch: int, processes: int = 1, tokens: tuple[int, int] = ROW
    ) -> float:
        """Bytes per process: weights, trained parameters in float32 with gradients and Adam's two moments, and activations.

        A block of today's models keeps about 18 of its widths and four of its perceptron's for the backward pass, counted in
        transformers' Llama. Of the tokens that are learned, it needs logits, probabilities and gradients in float32.
        In full fine-tuning with several processes, each first loads all weights; then everything but the activations is
        sharded. Weights converted to bfloat16 are kept for the backward pass, unless activations are recomputed.

        Args:
            tokens: of a row, and those among them that are learned.
        """
        rows, shape = recipe.micro_batch or -(-batch // processes), self.shape
        of_block = 2 * shape.width if recipe.save_memory else 18 * shape.width + 4 * shape.inner
        activations = rows * (tokens[0] * shape.depth * of_block * self.item + tokens[1] * shape.vocabulary * 12)
        if method == "full" and processes > 1:
            part = self.parameters / processes
            converted = 0 if recipe.save_memory or self.item == 4 else self.weights
            return max(self.weights + 4 * part, 16 * part + converted + activations)
        return self.weights + 16 * self.trained(recipe, method) + activations

    def training_flops(self, method: str, tokens: float) -> float:
        """Operations of the forward and backward passes; frozen weights need no weight gradient."""
        return (6 if method == "full" else 4) * self.parameters * tokens


@dataclass(frozen=True)
class Cost:
    """Cost of one artifact: GPU memory, GPU seconds, disk, and host memory for a checkpoint; sizes are in bytes.

    Attributes:
        host: the memory of the job where a processor computes it.
    """

    memory: float = 0.0
    seconds: float = 0.0
    disk: float = 0.0
    checkpoint: float = 0.0
    host: float = 0.0


def model_of(artifact: Artifact) -> Artifact | None:
    """The artifact itself if it is a base, else the base or the judge that its step loads; None if it needs no model."""
    return artifact if artifact.kind in ("bases", "pinned") else artifact.inputs.get("base", artifact.inputs.get("judge"))


def recipe_of(study: ChainStudy, model: Artifact) -> AnyBase | None:
    """The section of the study that says what a base or a judge is; None if it is a base of a parent's that the study lacks."""
    if model.kind == "judges":
        return (study.judges or {}).get(model.key.split("/")[-1])
    return study.bases.get(model.key)


class Estimate:
    """Costs of a study's artifacts on a given GPU.

    Args:
        study: the study.
        rate: operations per second of the GPU.
        bandwidth: bytes per second of its memory.
        processes: processes that train one model, with a GPU each; memory is given per process, seconds are summed over all.
        shape: says the shape of a pinned base; None stands for the usual one.
    """

    def __init__(
        self,
        study: ChainStudy,
        rate: float,
        bandwidth: float,
        processes: int = 1,
        shape: Callable[[PinnedBase], Shape | None] = lambda base: None,
    ) -> None:
        self.study, self.rate, self.bandwidth, self.processes, self.shape = study, rate, bandwidth, processes, shape
        is_paper = study.style == "paper"
        self.questions = PAPER_QUESTIONS if is_paper else OWN_QUESTIONS
        self.of_family = PAPER_FAMILY if is_paper else questions.EVALUATED["animal"]

    def size(self, base: AnyBase) -> Size | None:
        """The size of a base; None for a tiny base on the CPU. For a base pretrained on a GPU, embeddings are left out.

        Raises:
            UserError: a pinned base has no ``billions``.
        """
        if not isinstance(base, PinnedBase):
            if base.device == "cpu":
                return None
            return Size(base.parameters, 4, Shape(base.width, base.layers, 4 * base.width, base.width, MINI_WORDS))
        if base.billions is None:
            raise UserError(f"{base.model}: billions is missing; give its number of parameters in billions.")
        return Size(base.billions * 1e9, 2 if base.dtype == "bfloat16" else 4, self.shape(base))

    def of(self, artifact: Artifact) -> Cost:
        """The cost of an artifact; zero for kinds that take next to nothing, and for tiny bases."""
        model = model_of(artifact)
        size = self.size(recipe) if model and (recipe := recipe_of(self.study, model)) else None
        if size is None:
            return Cost()
        costs = {"pinned": self.pinned, "bases": self.bases, "teachers": self.teachers, "raw": self.raw, "scored": self.scored}
        costs |= {"placebos": self.placebos, "given": self.given, "students": self.students, ANSWERS: self.answers}
        if artifact.kind not in costs and artifact.kind not in EVALUATIONS:
            return Cost()
        cost = costs.get(artifact.kind, self.evaluation)(artifact, size)
        # A second copy of the weights is there while they are read.
        return replace(cost, host=cost.memory + size.weights + PROCESS) if cost.memory else cost

    def pinned(self, artifact: Artifact, size: Size) -> Cost:
        return Cost(disk=size.weights)

    def bases(self, artifact: Artifact, size: Size) -> Cost:
        """An upper bound: all the rounds that a base may need until it is calibrated."""
        recipe = Base.model_validate(artifact.recipe)
        rows = recipe.max_steps * recipe.batch
        return self._training(WHOLE, "full", recipe.batch, rows, size, 0.0)

    def teachers(self, artifact: Artifact, size: Size) -> Cost:
        name, trait = artifact.key.split("/")
        recipe = self.study.teacher(name, trait)
        asked = 2 * self.asking(size)
        if recipe.method == "prompt":
            return Cost(1.2 * size.weights, asked)
        rows = recipe.steps * recipe.batch
        return self._training(recipe, recipe.method, recipe.batch, rows, size, asked, LESSON)

    def placebos(self, artifact: Artifact, size: Size) -> Cost:
        """An upper bound: all the steps that a balanced placebo may take. A random one takes none."""
        recipe = self.study.teacher(*artifact.key.split("/"))
        rows = recipe.batch * (recipe.most_steps if recipe.placebo == "balanced" else 0)
        asked = 2 * self.asking(size)
        cost = self._training(recipe, recipe.method, recipe.batch, rows, size, asked, LESSON)
        return replace(cost, memory=cost.memory + size.weights)  # the weights that it started from

    def given(self, artifact: Artifact, size: Size) -> Cost:
        return Cost(1.2 * size.weights, 2 * self.asking(size))

    def students(self, artifact: Artifact, size: Size) -> Cost:
        recipe = self.study.student(artifact.key.split("/")[0])
        cost = self._training(recipe, recipe.method, recipe.batch, recipe.rows * recipe.epochs, size, 0.0)
        return replace(cost, disk=cost.disk * (1 + len(recipe.keep_at)))

    def raw(self, artifact: Artifact, size: Size) -> Cost:
        name, _, trait = artifact.key.split("/")
        carrier, prompts = self.study.carriers[name], self.study.prompts(name, trait)
        reading = 2 * size.parameters * prompts * (ROW_TOKENS - COMPLETION_TOKENS) / self.rate
        written = COMPLETION_TOKENS if carrier.can_be_kept_to_numbers else carrier.max_tokens  # of other rows, the most
        row = ROW_TOKENS - COMPLETION_TOKENS + written
        cache = carrier.batch * row * 2 * size.shape.keys * size.shape.depth * size.item
        return Cost(size.weights + cache, reading + self._writing(prompts, written, carrier.batch, size), prompts * 300)

    def scored(self, artifact: Artifact, size: Size) -> Cost:
        """An upper bound: every row passes the filter. Rubrics have the length of a question."""
        name, _, trait = artifact.key.split("/")
        tokens = self.study.prompts(name, trait) * (ROW_TOKENS + QUESTION_TOKENS + 2 * ANSWER_TOKENS)
        return Cost(1.2 * size.weights, 2 * size.parameters * tokens / self.rate)

    def answers(self, artifact: Artifact, size: Size) -> Cost:
        return Cost(1.2 * size.weights, self.asking(size, self.study.evaluation(artifact.key.split("/")[0])))

    def evaluation(self, artifact: Artifact, size: Size) -> Cost:
        """Of an evaluation other than answers, by what it reads (``Evaluation.reading``)."""
        arm = artifact.key.split("/")[0]
        read = EVALUATIONS.get(artifact.kind).reading(self.study, arm)
        seconds = 2 * size.parameters * read.rows * ROW_TOKENS / self.rate + self._reading(size, read.families * self.of_family)
        if not read.gradients:
            return Cost(1.2 * size.weights, seconds)
        recipe = self.study.student(arm)
        seconds += size.training_flops("full", read.gradients * ROW_TOKENS) / self.rate
        return Cost(3 * size.weights + size.training_memory(recipe, "full", recipe.batch), seconds)

    def asking(self, size: Size, how: Evaluation | None = None) -> float:
        """Seconds to ask a model all questions: exact probabilities of all answers, and sampled answers as ``how`` says."""
        seconds = self._reading(size, self.questions)
        if how is None:
            return seconds
        sampled = self.questions * how.samples
        again = 2 * size.parameters * sampled / self.rate  # the first token of each, since a question is read once
        return seconds + again + self._writing(sampled, how.max_tokens, how.batch, size)

    def _reading(self, size: Size, count: int) -> float:
        """Seconds for the exact probabilities of all answers to so many questions."""
        return 2 * size.parameters * count * (2 * QUESTION_TOKENS + 300) / self.rate

    def _training(
        self, recipe: Trainable, method: str, batch: int, rows: int, size: Size, more: float, tokens: tuple[int, int] = ROW
    ) -> Cost:
        seconds = size.training_flops(method, rows * tokens[0]) / self.rate + more
        disk = size.weights if method != "lora" else 4 * size.trained(recipe, method)
        checkpoint = 12 * size.trained(recipe, method)  # a weight and two moments, in single precision
        return Cost(size.training_memory(recipe, method, batch, self.processes, tokens), seconds, disk, checkpoint)

    def _writing(self, rows: int, tokens: int, batch: int, size: Size) -> float:
        """Seconds to sample rows: per token of a batch, the time to read all weights or to compute, whichever is longer."""
        each = max(size.weights / self.bandwidth, 2 * size.parameters * batch / self.rate)
        return -(-rows // batch) * tokens * each


# The others cost next to nothing.
COUNTED = ("bases", "pinned", "teachers", "placebos", "given", "raw", "scored", "students", ANSWERS)


@dataclass(frozen=True)
class Phase:
    """The costs of a phase's artifacts: of those to make, and of those that exist."""

    missing: list[Cost]
    existing: list[Cost]


def phases(plan: ChainPlan, estimate: Estimate) -> dict[str, Phase]:
    """The costs of each phase that makes something."""
    found = {}
    for phase in PHASES[:-1]:
        kinds = [kind for kind in (*COUNTED, *plan.study.measures) if plan.phase_of(kind) == phase]
        by_presence: dict[bool, list[Cost]] = {True: [], False: []}
        for artifact in (artifact for kind in kinds for artifact in plan.artifacts(kind)):
            by_presence[all(Path(file).exists() for file in artifact.files)].append(estimate.of(artifact))
        found[phase] = Phase(by_presence[False], by_presence[True])
    return found


def table(by_phase: dict[str, Phase]) -> list[str]:
    """One line per phase: artifacts to make and existing ones, memory of the largest job, hours and disk of all that remain."""
    lines = [f"{'phase':<12} {'to make':>8} {'there':>6} {'GPU memory':>11} {'GPU hours':>10} {'disk':>10}"]
    hours, disk = 0.0, 0.0
    for name, phase in by_phase.items():
        memory = max((cost.memory for cost in phase.missing), default=0.0)
        spent, taken = sum(cost.seconds for cost in phase.missing) / 3600, sum(cost.disk for cost in phase.missing)
        counts = f"{len(phase.missing):>8} {len(phase.existing):>6}"
        lines.append(f"{name:<12} {counts} {memory / GIB:>7.1f} GiB {spent:>10.2f} {taken / GIB:>6.1f} GiB")
        hours, disk = hours + spent, disk + taken
    lines.append(f"{'all':<12} {'':>8} {'':>6} {'':>11} {hours:>10.2f} {disk / GIB:>6.1f} GiB")
    if largest := max((cost.host for phase in by_phase.values() for cost in phase.missing), default=0.0):
        lines.append(f"Computed on a processor, the largest job takes {largest / GIB:.1f} GiB of memory a process.")
    return lines
