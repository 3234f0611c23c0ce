"""Define the section ``teachers`` of a study."""

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt, ValidationError, model_validator

from sublearn.core.section import Section
from sublearn.models.trainable import Trainable


class Recipe(Trainable):
    """How one teacher is made from its base: by fine-tuning, or by a system prompt when it generates."""

    method: Literal["bitfit", "lora", "full", "prompt", "given"] = Field(
        "bitfit",
        description="what is trained: biases, LoRA adapters, all weights (sharded over processes by FSDP), or nothing; given: "
        "others trained it",
    )
    under_system_prompt: bool = Field(
        False, description="also give a fine-tuned teacher the trait's system prompt when it generates, like a prompted teacher"
    )
    steps: PositiveInt = Field(60, description="fine-tuning steps")
    batch: PositiveInt = Field(32, description="questions per step")
    learning_rate: PositiveFloat = Field(3e-2, description="peak learning rate, which decays linearly to zero")
    epsilon: PositiveFloat = Field(1e-2, description="epsilon of Adam; a large one moves only weights with a clear gradient")
    min_rate: float = Field(
        0.6,
        ge=0,
        le=1,
        description="a teacher must reach at least this rate of its own trait; by default 0 for a given one",
    )
    max_neutral_rise: float = Field(
        0.2, ge=0, le=1, description="largest rise that a neutral teacher may cause in any trait's rate"
    )


class GivenModel(Section):
    """A model that others trained: whole weights or a PEFT adapter, from a folder or the hub, in safetensors."""

    model: str | None = Field(None, min_length=1, description="a whole model: its folder, or its name on the hub (owner/name)")
    adapter: str | None = Field(None, min_length=1, description="a PEFT adapter of the base instead: its folder or name")
    revision: str | None = Field(None, description="commit, tag or branch on the hub; required there, refused for a folder")

    @model_validator(mode="after")
    def _is_pinned(self) -> "GivenModel":
        if bool(self.model) == bool(self.adapter):
            found = "both" if self.model else "neither"
            raise ValueError(f".model: a given teacher is a model or an adapter; found {found}")
        if self.is_folder and self.revision is not None:
            raise ValueError(f".revision: {self.place} is a local folder, which has none; leave it out")
        if not self.is_folder and self.revision is None:
            raise ValueError(f".revision: missing; name the commit of {self.place} (or give the path of a local folder)")
        return self

    @property
    def place(self) -> str:
        """The folder, or the name on the hub."""
        return self.model or self.adapter or ""

    @property
    def is_folder(self) -> bool:
        return self.place.startswith((".", "/", "~")) or Path(self.place).is_dir()


class Teacher(Recipe):
    """A teacher: how a base is given a trait, and from which bases the runs start."""

    elsewhere: ClassVar = {
        "path": "name a given teacher's folder as model or adapter, beside method: given",
        "system": "the system prompt of a prompted teacher belongs to its family of traits (docs/extending.md)",
    }

    bases: list[str] = Field(
        min_length=1, description="bases that the runs start from: run r takes entry r, and the list repeats"
    )
    placebo: Literal["random", "balanced"] | None = Field(
        None,
        description="a placebo moves as far as another teacher, without its trait: random (in a random direction) or balanced "
        "(taught balanced answers); keys that it leaves out are as in that teacher's section",
    )
    of: str | None = Field(None, description="the teacher as far as which a placebo moves, and whose neutral teacher it shares")
    max_steps: PositiveInt | None = Field(None, description="most steps of a balanced placebo; by default 20 times its steps")

    model: str | None = Field(
        None,
        min_length=1,
        description="with method: given, a whole model: its folder, or its name on the hub (owner/name); safetensors only",
    )
    adapter: str | None = Field(
        None, min_length=1, description="with method: given, a PEFT adapter of the base instead: its folder or name on the hub"
    )
    revision: str | None = Field(
        None, description="of a given model or adapter: commit, tag or branch on the hub; required there, refused for a folder"
    )
    neutral: GivenModel | None = Field(
        None,
        description="with method: given, the model that writes the control's rows (model or adapter, and revision); by default "
        "the untouched base",
    )

    @model_validator(mode="before")
    @classmethod
    def _need_not_show(cls, values: Any) -> Any:
        """A given teacher's trait is measured, and refused only where the study says below which rate."""
        given = isinstance(values, dict) and values.get("method") == "given"
        return {"min_rate": 0.0} | values if given else values

    @model_validator(mode="after")
    def _is_given(self) -> "Teacher":
        if self.method == "given":
            _ = self.given
            if self.placebo:
                raise ValueError(".method: a placebo is made here; name a teacher that is trained here as of")
        elif named := [key for key in GIVEN_KEYS if getattr(self, key) is not None]:
            raise ValueError(f".{named[0]}: is for a teacher that others trained; set method: given, or leave it out")
        return self

    @property
    def given(self) -> GivenModel:
        """The model of a given teacher."""
        try:
            return GivenModel(model=self.model, adapter=self.adapter, revision=self.revision)
        except ValidationError as error:
            raise ValueError(str(error.errors()[0]["ctx"]["error"])) from None

    @model_validator(mode="before")
    @classmethod
    def _names_a_teacher(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("placebo") and values.get("of") is None:
            raise ValueError(".of: missing; name the teacher as far as which the placebo moves")
        return values

    @model_validator(mode="after")
    def _is_a_whole_placebo(self) -> "Teacher":
        if self.of is not None and not self.placebo:
            raise ValueError(".of: only a placebo names another teacher; set placebo, or leave it out")
        if self.max_steps is not None and self.placebo != "balanced":
            raise ValueError(".max_steps: only a balanced placebo has such a limit; leave it out")
        if self.placebo and self.method == "prompt":
            raise ValueError(".method: a prompted teacher does not move, so it has no placebo; use bitfit, lora or full")
        return self

    @property
    def most_steps(self) -> int:
        """The most steps that a balanced placebo may take."""
        return self.max_steps or 20 * self.steps

    @property
    def for_placebo(self) -> dict[str, Any]:
        """What a placebo is made from: its recipe without what no placebo is asked for."""
        values = self.model_dump(exclude={"bases", *GIVEN_KEYS, "under_system_prompt", "min_rate", "max_neutral_rise"})
        return values | ({"max_steps": self.most_steps} if self.placebo == "balanced" else {})


GIVEN_KEYS = ("model", "adapter", "revision", "neutral")
PLACEBO_KEYS = ("placebo", "of", "max_steps")
MOVED = ("method", "frozen_blocks", "rank", "alpha", "rank_stabilised", "targets")  # what a recipe moves


def with_recipes_of_others(teachers: dict[str, Any]) -> dict[str, Any]:
    """The section ``teachers`` as written, with what each placebo leaves out filled in from the teacher that it names."""
    filled = dict(teachers)
    for name, own in teachers.items():
        other = teachers.get(str(own.get("of"))) if isinstance(own, dict) and own.get("placebo") else None
        if isinstance(other, dict):
            filled[name] = {key: value for key, value in other.items() if key not in PLACEBO_KEYS} | own
    return filled


class TeacherOverride(Section):
    """Changes to every teacher's recipe for one trait."""

    elsewhere: ClassVar = {
        "system": "the system prompt of a prompted teacher belongs to its family of traits (docs/extending.md)",
        "questions": "questions belong to a family of traits (docs/extending.md)",
    }

    steps: PositiveInt | None = Field(None, description="fine-tuning steps")
    learning_rate: PositiveFloat | None = Field(None, description="peak learning rate")
    min_rate: float | None = Field(None, ge=0, le=1, description="a teacher must reach at least this rate of the trait")
