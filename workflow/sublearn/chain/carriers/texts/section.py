"""What a study says about a carrier of the user's own prompts."""

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from sublearn.chain.carriers.base import Carrier
from sublearn.core.section import Pattern, Sha256
from sublearn.measures.leaks import Searched

FILTER = ("must_match", "must_not_match", "words", "max_characters", "max_words")


class Texts(Carrier):
    """Prompts from a file of the user's, answered with sentences, code or whatever they ask for."""

    kind: Literal["texts"] = Field("texts", description="the carrier kind: texts, for prompts of your own")
    file: str | None = Field(
        None,
        min_length=1,
        description="path or URL of the file with the prompts: JSON lines, CSV, TSV or Parquet; needed unless all rows are "
        "imported",
    )
    sha256: Sha256 | None = Field(None, description="SHA-256 of the file; a different file is refused")
    key: str = Field("prompt", min_length=1, description="the key, or the column, that holds the prompt")
    must_match: Pattern | None = Field(
        None, description="a regular expression of Python; completions in which it is not found are rejected"
    )
    must_not_match: Pattern | None = Field(
        None, description="a regular expression; completions in which it is found are rejected"
    )
    words: list[Annotated[Searched, Field(min_length=1)]] = Field(
        [], description="completions with one of these words are rejected; a star at an end stands for more letters there. So "
        "are rows with a word that gives away any trait of the study"
    )  # fmt: skip
    max_characters: PositiveInt | None = Field(None, description="completions with more characters are rejected")
    max_words: PositiveInt | None = Field(None, description="completions with more words are rejected")

    def check_style(self, style: str) -> None:
        """Any style will do; but a study, unlike a filter, needs to know the prompts."""
        if self.file is None and not self.imported:
            raise ValueError("file: missing; name the file with the prompts, or import all rows")
        if self.file is not None and self.sha256 is None:
            raise ValueError(f"sha256: missing; give the SHA-256 of {self.file}, as sha256sum prints it")

    def for_prompts(self) -> dict[str, Any]:
        return self.model_dump(include={"file", "sha256", "key"})

    def for_filter(self) -> dict[str, Any]:
        return self.model_dump(include=set(FILTER))

    def own_files(self) -> dict[str, str]:
        return {"file": self.file} if self.file else {}
