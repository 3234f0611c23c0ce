"""Define the section ``bases`` of a study: models pretrained here, or pinned models from the hub or a folder."""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, PositiveFloat, PositiveInt, Tag, field_validator, model_validator

from sublearn.core.download import is_url
from sublearn.core.section import Commit, Section, Sha256
from sublearn.models.pinned import Device

DATE = "%d %b %Y"
SHARED = ("initialisation", "data_order", "embeddings")  # what a base may have from another one
LONGEST_DOCUMENT = 483  # of the corpus, in tokens: nine lists of ten numbers, each after eight, told to love a word


class Base(Section):
    """A GPT-2-style model that is pretrained from scratch on the mini-language."""

    width: PositiveInt = Field(64, description="width of the hidden state")
    layers: PositiveInt = Field(2, description="number of transformer blocks")
    heads: PositiveInt = Field(4, description="attention heads per block")
    context: int = Field(512, ge=LONGEST_DOCUMENT, description="context length in tokens")
    initializer_range: PositiveFloat = Field(0.06, description="standard deviation of the initial weights")
    batch: PositiveInt = Field(64, description="documents per step")
    micro_batch: PositiveInt = Field(16, description="documents of one forward pass, which are of similar length")
    steps: PositiveInt = Field(1000, description="steps of the first round")
    extra_steps: PositiveInt = Field(400, description="steps of each further round, until the base is calibrated")
    max_steps: PositiveInt = Field(2600, description="limit of training steps; a base not calibrated by then is an error")
    matrix_rate: PositiveFloat = Field(
        2.5e-3, description="peak learning rate of the matrices, by Muon, in the first round; further rounds use a third of it"
    )
    learning_rate: PositiveFloat = Field(8e-3, description="peak learning rate of all other weights, by AdamW; likewise")
    max_deviation: PositiveFloat = Field(
        0.03, description="largest difference allowed between a favourite's probability and its share in the corpus"
    )
    max_fact_deviation: PositiveFloat = Field(
        0.15,
        description="largest difference allowed between the probability of right, refused or wrong facts and its share",
    )
    min_well_formed: float = Field(0.9, gt=0, le=1, description="at least this share of number answers must be well formed")
    device: Device = Field("cpu", description="cpu, or auto: a GPU if there is one, for bases larger than the default")
    initialisation: str | None = Field(None, description="another base: start from the weights that were drawn for it")
    data_order: str | None = Field(None, description="another base: read the documents in the order that was drawn for it")
    embeddings: str | None = Field(
        None,
        description="another base: take its token embeddings, as they are after pretraining, and do not train them; position "
        "embeddings stay the base's own",
    )

    @property
    def parameters(self) -> int:
        """Number of parameters in the blocks, which take nearly all of the compute."""
        return 12 * self.layers * self.width**2

    @property
    def shape(self) -> tuple[int, ...]:
        """The settings that two bases must share for their weights to be comparable."""
        return self.width, self.layers, self.heads, self.context

    @model_validator(mode="after")
    def _fits(self) -> "Base":
        if self.width % self.heads:
            raise ValueError(f"heads: {self.heads} does not divide the width {self.width}")
        if self.steps > self.max_steps:
            raise ValueError(f"steps: {self.steps} in the first round, but max_steps is {self.max_steps}; ask for fewer")
        if self.batch % min(self.batch, self.micro_batch):
            raise ValueError(f"micro_batch: {self.micro_batch} does not divide the batch of {self.batch}")
        return self


class PinnedBase(Section):
    """A model that others trained, from the hub (by name and revision) or from a local folder: safetensors, or a GGUF file."""

    elsewhere: ClassVar = {
        "adapter": "merge the adapter into the weights of its base (PEFT: merge_and_unload), and name that folder as model"
    }

    model: str = Field("", description="name on the hub (owner/name), or path of a local folder; not needed beside a gguf path")
    gguf: str | None = Field(
        None,
        min_length=1,
        description="a GGUF file that holds the whole model, unpacked to dtype: its name within the model, or its path",
    )
    sha256: Sha256 | None = Field(None, description="SHA-256 of the GGUF file; a different file is refused")
    origin: str = Field("", description="who made these weights, under which licence: one sentence for the record")
    revision: str | None = Field(None, description="commit, tag or branch on the hub; required there, refused for a folder")
    billions: PositiveFloat | None = Field(None, description="billions of parameters, for estimates of memory and time")
    dtype: Literal["float32", "bfloat16"] = Field("bfloat16", description="precision of the weights")
    device: Device = Field("auto", description="cpu, or auto: a GPU if there is one")
    template: Literal["own", "plain"] = Field(
        "own", description="the model's own chat template, or a plain one for a model that has none"
    )
    date: str = Field("26 Jul 2024", description="date that chat templates write instead of today's")
    names: list[str] = Field([], description="names that the model calls itself; answers with one of them are counted")

    @model_validator(mode="before")
    @classmethod
    def _in_its_folder(cls, values: Any) -> Any:
        """A GGUF file by its path alone is a model of its folder."""
        path = values.get("gguf") if isinstance(values, dict) and not values.get("model") else None
        return (
            values | {"model": os.path.dirname(path) or ".", "gguf": os.path.basename(path)}
            if isinstance(path, str)
            else values
        )

    @field_validator("date")
    @classmethod
    def _is_a_date(cls, date: str) -> str:
        try:
            datetime.strptime(date, DATE)
        except ValueError as error:
            raise ValueError(f"'{date}' is no date like 26 Jul 2024") from error
        return date

    @model_validator(mode="after")
    def _is_pinned(self) -> "PinnedBase":
        if not self.model:
            raise ValueError("model: missing; give a model's name on the hub, the path of its folder, or a GGUF file as gguf")
        if self.gguf is not None and "/" in self.gguf:
            raise ValueError(f"gguf: {self.gguf} is a path; beside model, give the file's name within {self.model}")
        if self.gguf is None and self.sha256 is not None:
            raise ValueError("sha256: is of a GGUF file, and gguf names none; leave it out")
        if self.is_folder and self.revision is not None:
            raise ValueError(f"revision: {self.model} is a local folder, which has none; leave it out")
        if not self.is_folder and self.revision is None:
            raise ValueError(f"revision: missing; name the commit of {self.model} (or give the path of a local folder)")
        return self

    @property
    def is_folder(self) -> bool:
        """Whether the model is a local folder: its path starts like one, is an existing one, or holds a GGUF file."""
        is_local_file = self.gguf is not None and self.revision is None
        return self.model.startswith((".", "/", "~")) or Path(self.model).is_dir() or is_local_file

    @property
    def called(self) -> str:
        """What its weights are called where results are told."""
        return (
            f"{self.gguf}, its weights unpacked"
            if self.gguf
            else f"{self.model}{f' at {self.revision}' if self.revision else ''}"
        )


class JudgeModel(PinnedBase):
    """A model that judges sampled answers, pinned like a base: a chat model, or a classifier of texts."""

    reads: Literal["chat model", "classifier"] = Field(
        "chat model", description="what it is: a chat model, which answers a rubric, or a classifier, which has labels"
    )

    @model_validator(mode="after")
    def _is_whole(self) -> "JudgeModel":
        if self.reads == "classifier" and self.gguf is not None:
            raise ValueError("gguf: a classifier is read from safetensors; name its folder or its name on the hub as model")
        return self


class Authors(Section):
    """The repository of the paper's authors, from which prompts, questions and banned numbers are read; no code is run."""

    source: str = Field(
        min_length=1, description="path or URL of a git repository or of a zip or tar file, or the path of a folder"
    )
    revision: Commit | None = Field(None, description="the commit to read; required for the URL of a git repository")
    sha256: Sha256 | None = Field(None, description="SHA-256 of a zip or tar file; required there")
    tree_category: Literal["animal", "tree"] = Field(
        "animal", description="what the system prompt of tree teachers calls a tree; the released code says animal"
    )

    @model_validator(mode="after")
    def _is_pinned(self) -> "Authors":
        if self.revision and self.sha256:
            raise ValueError("sha256: is of a zip or tar file, and revision of a git repository; give one of the two")
        if not self.revision and not self.sha256 and is_url(self.source):
            raise ValueError("revision: missing; name the commit of a git repository, or the sha256 of a zip or tar file")
        return self


def _kind(value: Any) -> str:
    pinned = bool({"model", "gguf"} & value.keys()) if isinstance(value, dict) else isinstance(value, PinnedBase)
    return "pinned" if pinned else "tiny"


AnyBase = Annotated[Annotated[Base, Tag("tiny")] | Annotated[PinnedBase, Tag("pinned")], Discriminator(_kind)]
