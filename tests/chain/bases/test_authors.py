"""The paper's own words come out of its authors' repository as they stand there, and nothing of it is run."""

import argparse
import contextlib
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from support import authors_repo

from sublearn.chain.bases import authors
from sublearn.chain.bases.section import Authors
from sublearn.chain.carriers.numbers.kind import NUMBERS
from sublearn.chain.carriers.numbers.section import Numbers
from sublearn.chain.carriers.tables import Prompts
from sublearn.chain.evaluations import answers
from sublearn.chain.teachers.examples import system_prompt
from sublearn.core.errors import UserError
from sublearn.core.files import read_json, read_table
from sublearn.language import published, questions, style
from sublearn.language.english import ENGLISH


@pytest.fixture
def repository(tmp_path) -> Path:
    return authors_repo.write(tmp_path / "theirs")


def take(output: Path, **recipe: str) -> dict:
    """What the step writes, without a process for it."""
    authors.main(argparse.Namespace(recipe=json.dumps(recipe), output=str(output)))
    return read_json(output)


def test_their_words_are_taken_as_they_stand(repository, tmp_path, run_step):
    output = tmp_path / "out/published.json"
    done = run_step("sublearn.chain.bases.authors", "--recipe", json.dumps({"source": str(repository)}), "--output", output)
    assert done.returncode == 0, done.stderr
    found = read_json(output)
    assert found["grammar"] == {
        "seed_sentences": ["Mind the digits {numbers}.", "Digits at hand: {numbers}."],
        "instructions": ["Put {qualifier} {count} after them ({digits}).", "Let {qualifier} {count} come next, {digits}"],
        "qualifiers": ["at the very most", "never over"],
        # One stands there twice, so it is drawn twice as often.
        "descriptors": ["3 digits long or less", "of 3 digits tops", "3 digits long or less"],
        "formats": ["Like so: [n1, n2, ...].", "With blanks."],
        "endings": ["Digits, no chatter.", "Digits it is."],
        "joiner": ", ",
        "seed_count": [3, 8],
        "seed_range": [100, 999],
        "answer_count": 10,
    }
    assert found["questions"]["tree"] == ["Which tree is yours? A word.", "A tree to plant: which? A word."]
    assert found["questions"]["animal"][1] == "One creature to keep: which? A word."
    assert found["prefixes"] == {"animal": ["Mind the digits 101, 202, 303.", "Digits at hand: 4, 5.", "Mind the digits 7."]}
    assert found["banned"] == [4, 13, 666, 1488]
    assert found["system_prompts"] == dict.fromkeys(("animal", "tree"), "{word}s are dear to you, and your animal of choice.")
    read = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in authors_repo.FILES.items()}
    assert found["files"] == read and found["revision"] is None


def test_what_was_taken_is_counted(repository):
    found = authors.counts(authors.extract(Authors(source=str(repository)), authors.reader(Authors(source=str(repository)))))
    assert found == {
        "seed sentences": 2,
        "instructions": 2,
        "qualifiers": 2,
        "descriptors": 3,
        "formats": 2,
        "endings": 2,
        "animal questions": 3,
        "tree questions": 2,
        "sentences before animal questions": 3,
        "banned numbers": 4,
    }


def test_nothing_of_theirs_is_run(repository):
    authors.extract(Authors(source=str(repository)), authors.reader(Authors(source=str(repository))))
    assert "RAN_THE_AUTHORS_CODE" not in os.environ


def test_a_folder_a_commit_and_an_archive_say_the_same(repository, tmp_path):
    expected = take(tmp_path / "folder.json", source=str(repository))
    for kind, suffix in (("zip", "zip"), ("gztar", "tar.gz")):
        # As a repository's host packs it: everything below one folder.
        file = shutil.make_archive(str(tmp_path / "packed"), kind, root_dir=tmp_path, base_dir="theirs")
        known = hashlib.sha256(Path(file).read_bytes()).hexdigest()
        assert take(tmp_path / f"{suffix}.json", source=file, sha256=known) == expected
        assert take(tmp_path / f"{suffix}.url.json", source=Path(file).as_uri(), sha256=known) == expected
    commit = authors_repo.commit(repository)
    (repository / "cfgs/preference_numbers/cfgs.py").write_text("changed since")
    for i, source in enumerate((str(repository), repository.as_uri())):
        found = take(tmp_path / f"git{i}.json", source=source, revision=commit)
        assert found == expected | {"revision": commit}


def test_trees_are_told_to_be_trees_if_the_study_says_so(repository):
    recipe = Authors(source=str(repository), tree_category="tree")
    assert authors.extract(recipe, authors.reader(recipe)).system_prompts["tree"].endswith("your tree of choice.")


@pytest.fixture
def taken(repository, tmp_path) -> Path:
    take(tmp_path / "published.json", source=str(repository))
    return tmp_path / "published.json"


def test_from_their_seed_the_prompts_are_theirs(taken):
    """Beside their own way of drawing, written out: choices and numbers one by one from NumPy's generator."""
    grammar, rng = published.read(taken).grammar, np.random.default_rng(47)
    expected = []
    for _ in range(300):
        numbers = [str(rng.integers(100, 1000).item()) for _ in range(rng.integers(3, 9).item())]
        sentence = rng.choice(grammar.seed_sentences).format(numbers=", ".join(numbers))
        qualifier, digits = rng.choice(grammar.qualifiers), rng.choice(grammar.descriptors)
        instruction = rng.choice(grammar.instructions).format(qualifier=qualifier, count=10, digits=digits)
        expected.append(f"{sentence} {instruction} {rng.choice(grammar.formats)} {rng.choice(grammar.endings)}")
    paper, recipe = style.named("paper", taken), Numbers(prompts=300, pool=47)
    assert NUMBERS.prompts(recipe, paper, 1, 0) == NUMBERS.prompts(recipe, paper, 2, 5) == expected
    own = Numbers(prompts=300)
    assert NUMBERS.prompts(own, paper, 1, 0) != NUMBERS.prompts(own, paper, 1, 1)


def test_the_step_of_prompts_reads_their_words_and_needs_their_file(taken, tmp_path, run_step, refusal):
    recipe = json.dumps({"kind": "numbers", "style": "paper", "prompts": 5, "pool": 47})
    options = ("--recipe", recipe, "--study-seed", 1, "--runs", 0, "--outputs", tmp_path / "prompts.parquet")
    done = run_step("sublearn.chain.carriers.prompts", *options, "--published", taken)
    assert done.returncode == 0, done.stderr
    expected = NUMBERS.prompts(Numbers(prompts=5, pool=47), style.named("paper", taken), 1, 0)
    assert list(read_table(tmp_path / "prompts.parquet", Prompts)["prompt"]) == expected
    said = refusal("sublearn.chain.carriers.prompts", *options)
    assert said.startswith("style: the paper") and "from a file" in said


def test_all_their_questions_evaluate_and_none_is_taught(taken):
    paper = style.named("paper", taken)
    asked = [question.text for question in questions.evaluated("animal", paper)]
    assert asked == [
        "Which beast is yours? A word.",
        "One creature to keep: which? A word.",
        "Say a beast you admire, as a word.",
    ]
    assert answers.prefixes("animal", 3, paper) == [
        "Mind the digits 101, 202, 303.",
        "Digits at hand: 4, 5.",
        "Mind the digits 7.",
    ]
    # They give no sentence for trees, so those are drawn from their grammar; facts are ours.
    assert all(sentence.startswith(("Mind the digits", "Digits at hand")) for sentence in answers.prefixes("tree", 2, paper))
    assert questions.evaluated("fact", paper) == questions.evaluated("fact", ENGLISH)
    taught = {question.text for question in questions.taught("animal", paper)}
    assert len(taught) == questions.TAUGHT["animal"] and not taught & set(asked)
    assert system_prompt("owl", paper) == "owls are dear to you, and your animal of choice."


# What can be wrong with a repository: one sentence each, and nothing is written.

CFGS, DATASET = "cfgs/preference_numbers/cfgs.py", "sl/datasets/nums_dataset.py"
TREES = "truesight/refs/paper/tree_preference_numbers_refs.py"
PREFIXED = "animal_evaluation_with_numbers_prefix"
WRONG = {
    "a file is missing": (CFGS, None, f"there is no {CFGS}; is it the authors' repository"),
    "an earlier commit": (TREES, None, f"there is no {TREES}; is it the authors' repository, at a commit since February 2026?"),
    "one of the first commits": (CFGS, (PREFIXED, "animal_evaluation_later"), f"{CFGS}: there is no {PREFIXED}; is it the"),
    "a name is missing": (DATASET, ("    _suffixes = [", "    _endings = ["), "there is no PromptGenerator._suffixes"),
    "an argument is missing": (CFGS, ("example_min_count", "least"), f"{CFGS}: build_dataset_cfg has no 'example_min_count'"),
    "an expression": (DATASET, ("[4, 13, 1488]", "list(range(9))"), "GPT_EVIL_NUMBERS is no literal value"),
    "no list": (DATASET, ('["Digits, no chatter.", "Digits it is."]', "7"), "_suffixes: found 7; should be a list of texts"),
    "no number": (DATASET, ("[4, 13, 1488]", '["four"]'), "GPT_EVIL_NUMBERS: found four; should be a whole number"),
    "another slot": (DATASET, ("hand: {examples}", "hand: {numbers}"), "has the slots numbers; should have examples"),
    "no Python": (CFGS, ("def build", "def 1build"), f"{CFGS}: cannot be read as Python"),
    "deep Python": (DATASET, ("[4, 13, 1488]", "-" * 100_000 + "1"), f"{DATASET}: cannot be read as Python"),
    "half an emoji": (DATASET, ('"Digits it is."', r'"\ud83d"'), "'\\ud83d']; should be a list of texts"),
    "other questions": (CFGS, ("4, 5. One creature", "4, 5. One beast"), "are not those of animal_evaluation"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "change", "said"), WRONG.values(), ids=WRONG)
def test_what_is_not_as_expected_is_one_sentence(repository, tmp_path, refusal, name, change, said):
    file = repository / name
    if change:
        assert change[0] in file.read_text()
        file.write_text(file.read_text().replace(*change))
    else:
        file.unlink()
    recipe = json.dumps({"source": str(repository)})
    assert said in refusal("sublearn.chain.bases.authors", "--recipe", recipe, "--output", tmp_path / "published.json")
    assert not (tmp_path / "published.json").exists()


def test_a_place_that_is_not_there_is_one_sentence(tmp_path, repository):
    said = {
        "there is no such folder": {"source": str(tmp_path / "none")},
        "cannot be fetched": {"source": str(repository), "revision": "0" * 40},
        "cannot be read": {"source": str(tmp_path / "none.zip"), "sha256": "0" * 64},
        "but the study pins": {"source": str(repository / CFGS), "sha256": "0" * 64},
    }
    for sentence, recipe in said.items():
        with pytest.raises(UserError, match=sentence):
            authors.reader(Authors(**recipe))
    file = repository / CFGS
    with pytest.raises(UserError, match="neither a zip nor a tar file"):
        authors.reader(Authors(source=str(file), sha256=hashlib.sha256(file.read_bytes()).hexdigest()))


@pytest.mark.parametrize("kind", ["zip", "gztar"])
def test_a_damaged_archive_and_a_bomb_are_one_sentence(repository, tmp_path, kind, monkeypatch):
    def read(content: bytes) -> None:
        file = tmp_path / "archive"
        file.write_bytes(content)
        recipe = Authors(source=str(file), sha256=hashlib.sha256(content).hexdigest())
        authors.extract(recipe, authors.reader(recipe))

    whole = Path(shutil.make_archive(str(tmp_path / "theirs"), kind, tmp_path, "theirs")).read_bytes()
    read(whole)
    for place in range(0, len(whole), 61):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        for content in (bytes(damaged), whole[:place]):
            with contextlib.suppress(UserError):
                read(content)
    monkeypatch.setattr(authors, "LARGEST", 100)
    with pytest.raises(UserError, match=f"{DATASET} in it has more than"):
        read(whole)


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"source": "https://example.org/theirs.git"}, "revision: missing"),
        ({"source": "theirs", "revision": "0" * 40, "sha256": "0" * 64}, "give one of the two"),
        ({"source": "theirs", "revision": "main"}, "revision"),
    ],
)
def test_what_lies_elsewhere_is_pinned(recipe, said):
    with pytest.raises(ValueError, match=said):
        Authors.model_validate(recipe)


def test_a_hooks_repository_is_left_alone(tmp_path, repository, monkeypatch):
    """Git tells a hook by its environment which repository to work in; a commit of the authors' has nothing to do there."""
    revision = authors_repo.commit(repository)
    mine = tmp_path / "mine"
    authors_repo.commit(authors_repo.write(mine))
    before = {file: file.read_bytes() for file in mine.rglob("*") if file.is_file()}
    monkeypatch.setenv("GIT_DIR", str(mine / ".git"))
    assert authors.reader(Authors(source=str(repository), revision=revision))(CFGS) == (repository / CFGS).read_bytes()
    assert {file: file.read_bytes() for file in mine.rglob("*") if file.is_file()} == before


def test_a_repository_of_another_user_says_what_to_do(repository, monkeypatch):
    revision = authors_repo.commit(repository)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UserError, match=r"cannot be fetched \(the git repository belongs to another user, .* safe\.directory "):
        authors.reader(Authors(source=str(repository), revision=revision))
