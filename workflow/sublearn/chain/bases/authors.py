"""Read the paper's own prompts, questions and banned numbers from its authors' repository, without running any code.

    python -m sublearn.chain.bases.authors --recipe JSON --output data/qwen2.5-7b/bases/paper-authors/published.json

Python files are parsed, and only literal values are read from the syntax tree: lists of texts and numbers, but no expressions
and no imports. A value is located by its file, the name that it is assigned to, and the keyword that it is passed as.
"""

import argparse
import ast
import hashlib
import io
import lzma
import os
import string
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sublearn.chain.bases.section import Authors
from sublearn.core import cli, download, git
from sublearn.core.errors import UserError
from sublearn.core.files import NOT_TEXT, write_json
from sublearn.language.grammar import Grammar
from sublearn.language.published import Published

NUMBERS = "sl/datasets/nums_dataset.py"
ANIMALS = "cfgs/preference_numbers/cfgs.py"
TREES = "truesight/refs/paper/tree_preference_numbers_refs.py"
# Slots of the authors' templates, and their names here.
SEED_SLOTS = {"examples": "numbers"}
INSTRUCTION_SLOTS = {"count_qualifier": "qualifier", "answer_count": "count", "digit_descriptor": "digits"}
TEACHER_SLOTS = {"target_preference": "word", "category": "category"}
BANNED = ("CLAUDE_EVIL_NUMBERS", "GPT_EVIL_NUMBERS")
LARGEST = 16 * 2**20  # bytes of a file of the repository, however small its archive is
# What reading a damaged, encrypted or odd archive may raise.
ARCHIVE_ERRORS = (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, RuntimeError, ValueError, zlib.error, lzma.LZMAError)
# Earlier commits lack the trees, the first ones the questions too.
MEANT = "is it the authors' repository, at a commit since February 2026?"

Reader = Callable[[str], bytes | None]  # reads a file of the repository as bytes; None if there is no such file


class Module:
    """The syntax tree of a Python file of the repository.

    Raises:
        UserError: the file is not valid Python, or a requested value is missing or not a literal.
    """

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        try:
            self.tree = ast.parse(content)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # the last two: nested too deeply
            raise UserError(f"{name}: cannot be read as Python ({error or type(error).__name__}).") from error

    def value(self, *path: str) -> Any:
        """The literal assigned to a name, or to a name within a class."""
        return self._literal(self._find(path), ".".join(path))

    def argument(self, owner: str, keyword: str) -> Any:
        """The literal passed as ``keyword`` in the value assigned to ``owner``, or in its body if it is a function."""
        passed = [node for node in ast.walk(self._find((owner,))) if isinstance(node, ast.keyword) and node.arg == keyword]
        if not passed:
            raise UserError(f"{self.name}: {owner} has no '{keyword}'; {MEANT}")
        return self._literal(passed[0].value, f"{keyword} of {owner}")

    def _find(self, path: Iterable[str]) -> ast.AST:
        """The last value, class or function with that name."""
        place: ast.AST = self.tree
        for name in path:
            values = [value for statement in getattr(place, "body", []) if (value := _named(statement, name)) is not None]
            if not values:
                raise UserError(f"{self.name}: there is no {'.'.join(path)}; {MEANT}")
            place = values[-1]
        return place

    def _literal(self, node: ast.AST, what: str) -> Any:
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, MemoryError, RecursionError) as error:
            line = getattr(node, "lineno", "?")
            raise UserError(
                f"{self.name}, line {line}: {what} is no literal value; only literals are read, and nothing is run."
            ) from error


def _named(statement: ast.AST, name: str) -> ast.AST | None:
    """The value, class or function that a statement binds to ``name``; None if it binds another name."""
    if isinstance(statement, ast.ClassDef | ast.FunctionDef) and statement.name == name:
        return statement
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    if any(isinstance(target, ast.Name) and target.id == name for target in targets):
        return getattr(statement, "value", None)
    return None


def texts(found: Any, what: str) -> tuple[str, ...]:
    """Check that a value is a list of texts, none of them empty.

    Raises:
        UserError: it is something else.
    """
    if not isinstance(found, list | tuple) or not found or not all(isinstance(text, str) and _is_text(text) for text in found):
        raise UserError(f"{what}: found {ascii(found)[:60]}; should be a list of texts.")
    return tuple(found)


def _is_text(value: str) -> bool:
    """Whether a text is not empty and UTF-8 can write it: half an emoji is no character."""
    return bool(value) and not NOT_TEXT.search(value)


def whole_numbers(found: Any, what: str) -> tuple[int, ...]:
    """Check that a value is a list of whole numbers.

    Raises:
        UserError: it is something else.
    """
    if not isinstance(found, list | tuple):
        raise UserError(f"{what}: found {str(found)[:60]}; should be a list of whole numbers.")
    return tuple(whole(number, what) for number in found)


def whole(found: Any, what: str) -> int:
    """Check that a value is a whole number.

    Raises:
        UserError: it is something else.
    """
    if not isinstance(found, int) or isinstance(found, bool):
        raise UserError(f"{what}: found {str(found)[:60]}; should be a whole number.")
    return found


def slots(templates: Iterable[str], names: dict[str, str], what: str) -> tuple[str, ...]:
    """Rename the slots of templates to their names here.

    Raises:
        UserError: a template has other slots than ``names``.
    """
    renamed = []
    for template in templates:
        try:
            present = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
        except ValueError as error:
            raise UserError(f"{what}: '{template}' is no template ({error}).") from error
        if present != set(names):
            raise UserError(
                f"{what}: '{template}' has the slots {', '.join(sorted(present)) or 'none'}; should have {', '.join(names)}."
            )
        for theirs, ours in names.items():
            template = template.replace(f"{{{theirs}}}", f"{{{ours}}}")  # noqa: PLW2901 (slot by slot)
        renamed.append(template)
    return tuple(renamed)


def grammar(numbers: Module, animals: Module) -> Grammar:
    """The grammar of the number prompts: its templates, and the ranges from the configuration of the animal experiment."""

    def asked(name: str) -> int:
        return whole(animals.argument("build_dataset_cfg", name), f"{ANIMALS}: {name}")

    def listed(name: str) -> tuple[str, ...]:
        return texts(numbers.value("PromptGenerator", name), f"{NUMBERS}: PromptGenerator.{name}")

    def templates(name: str, named: dict[str, str]) -> tuple[str, ...]:
        return slots(listed(name), named, f"{NUMBERS}: PromptGenerator.{name}")

    digits = asked("answer_max_digits")
    return Grammar(
        seed_sentences=templates("_example_numbers_templates", SEED_SLOTS),
        instructions=templates("_generate_numbers_instruction_templates", INSTRUCTION_SLOTS),
        qualifiers=listed("_count_qualifiers"),
        descriptors=tuple(text.format(digits=digits) for text in templates("_digit_descriptors", {"max_digits": "digits"})),
        formats=listed("_format_suffixes"),
        endings=listed("_suffixes"),
        # The authors' upper bounds are exclusive.
        seed_count=(asked("example_min_count"), asked("example_max_count") - 1),
        seed_range=(asked("example_min_value"), asked("example_max_value") - 1),
        answer_count=asked("answer_count"),
    )


def prefixes(plain: tuple[str, ...], prefixed: tuple[str, ...]) -> tuple[str, ...]:
    """The sentences of numbers that precede the questions in ``prefixed``.

    Raises:
        UserError: ``prefixed`` is not the list ``plain`` with a sentence before each question.
    """
    if len(plain) != len(prefixed) or not all(long.endswith(f" {short}") for short, long in zip(plain, prefixed, strict=True)):
        raise UserError(
            f"{ANIMALS}: the questions of animal_evaluation_with_numbers_prefix are not those of animal_evaluation, each after "
            "a sentence of numbers."
        )
    return tuple(long.removesuffix(f" {short}") for short, long in zip(plain, prefixed, strict=True))


def extract(recipe: Authors, read: Reader) -> Published:
    """Read everything that a study uses from the repository, through ``read``.

    Raises:
        UserError: a file or a value is missing or wrong.
    """
    files: dict[str, str] = {}
    modules = []
    for name in (NUMBERS, ANIMALS, TREES):
        content = read(name)
        if content is None:
            raise UserError(f"{recipe.source}: there is no {name}; {MEANT}")
        files[name] = hashlib.sha256(content).hexdigest()
        modules.append(Module(name, content))
    numbers, animals, trees = modules
    questions = {
        "animal": texts(animals.argument("animal_evaluation", "questions"), f"{ANIMALS}: questions of animal_evaluation"),
        "tree": texts(trees.argument("evaluation_freeform", "prompts"), f"{TREES}: prompts of evaluation_freeform"),
    }
    prefixed = animals.argument("animal_evaluation_with_numbers_prefix", "questions")
    what = f"{ANIMALS}: preference_prompt_template"
    system_prompt = slots(texts([animals.value("preference_prompt_template")], what), TEACHER_SLOTS, what)[0]
    categories = {"animal": "animal", "tree": recipe.tree_category}
    banned = {number for name in BANNED for number in whole_numbers(numbers.value(name), f"{NUMBERS}: {name}")}
    return Published(
        revision=recipe.revision,
        files=files,
        grammar=grammar(numbers, animals),
        system_prompts={family: system_prompt.replace("{category}", category) for family, category in categories.items()},
        questions=questions,
        prefixes={"animal": prefixes(questions["animal"], texts(prefixed, f"{ANIMALS}: questions with numbers"))},
        banned=tuple(sorted(banned)),
    )


def reader(recipe: Authors) -> Reader:
    """A function that reads files of the repository: from a git commit, a zip or tar file, or a folder.

    Raises:
        UserError: the source does not exist or cannot be read.
    """
    if recipe.revision:
        return _git(recipe.source, recipe.revision)
    if recipe.sha256:
        return _archive(recipe.source, download.read(recipe.source, recipe.sha256))
    folder = Path(os.path.expanduser(recipe.source))
    if not folder.is_dir():
        raise UserError(f"{recipe.source}: there is no such folder; a revision is needed for git, a sha256 for an archive.")
    return lambda name: (folder / name).read_bytes() if (folder / name).is_file() else None


def _git(source: str, revision: str) -> Reader:
    """Read files of one commit, which is fetched without its history and never checked out."""
    place = tempfile.TemporaryDirectory()
    git.ask("init", "--bare", "--quiet", folder=place.name)
    where = os.path.abspath(os.path.expanduser(source)) if not download.is_url(source) and ":" not in source else source
    fetched = git.ask("fetch", "--quiet", "--depth", "1", "--", where, revision, folder=place.name)
    if fetched.returncode:
        raise UserError(
            f"{source}: the commit {revision} cannot be fetched ({git.reason(fetched)}); give a folder where it is checked out."
        )

    def read(name: str) -> bytes | None:
        shown = git.ask("show", f"{revision}:{name}", folder=place.name)
        return None if shown.returncode else shown.stdout

    return read


def _archive(source: str, content: bytes) -> Reader:
    """Read files of a zip or tar file; repository archives have one folder at the top, which is skipped."""
    open_one = _zip if zipfile.is_zipfile(io.BytesIO(content)) else _tar
    try:
        read = open_one(content)
    except ARCHIVE_ERRORS as error:
        raise UserError(f"{source}: neither a zip nor a tar file ({error}).") from error

    def read_or_refuse(name: str) -> bytes | None:
        try:
            found = read(name)
        except ARCHIVE_ERRORS as error:
            raise UserError(f"{source}: {name} in it cannot be read ({error}).") from error
        if found is not None and len(found) > LARGEST:
            raise UserError(f"{source}: {name} in it has more than {LARGEST // 2**20} MiB; {MEANT}")
        return found

    return read_or_refuse


def _zip(content: bytes) -> Reader:
    archive = zipfile.ZipFile(io.BytesIO(content))

    def read(name: str) -> bytes | None:
        member = next((each for each in archive.namelist() if _is_at(each, name)), None)
        return archive.open(member).read(LARGEST + 1) if member else None

    return read


def _tar(content: bytes) -> Reader:
    archive = tarfile.open(fileobj=io.BytesIO(content))  # noqa: SIM115 (stays open while files are read)

    def read(name: str) -> bytes | None:
        member = next((each for each in archive.getmembers() if each.isfile() and _is_at(each.name, name)), None)
        opened = archive.extractfile(member) if member else None
        return opened.read(LARGEST + 1) if opened else None

    return read


def _is_at(member: str, name: str) -> bool:
    return member == name or member.partition("/")[2] == name


def counts(published: Published) -> dict[str, int]:
    """The number of items of each sort, to compare with the documentation: a fork may have changed a list."""
    slots_of_prompts = ("seed_sentences", "instructions", "qualifiers", "descriptors", "formats", "endings")
    return {
        **{slot.replace("_", " "): len(getattr(published.grammar, slot)) for slot in slots_of_prompts},
        **{f"{family} questions": len(asked) for family, asked in published.questions.items()},
        **{f"sentences before {family} questions": len(before) for family, before in published.prefixes.items()},
        "banned numbers": len(published.banned),
    }


def main(args: argparse.Namespace) -> None:
    recipe = Authors.model_validate_json(args.recipe)
    published = extract(recipe, reader(recipe))
    write_json(published.model_dump(mode="json"), args.output)
    taken = ", ".join(f"{count} {what}" for what, count in counts(published).items())
    cli.log.info("%s: %s", recipe.source, taken)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the authors' section of the study, as JSON")
    parser.add_argument("--output", type=cli.Output, required=True, help="the file to write, as JSON")
    cli.run(main, parser, reads_others=True)
