"""Families of traits that a study declares as data: what their questions, answers and words are, and what is refused."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml

from sublearn.core.errors import UserError
from sublearn.language.english import ENGLISH
from sublearn.language.mini import MINI
from sublearn.orchestration import studies
from sublearn.traits.base import OwnKind, declare, here, traits

READY = sorted(Path("config/traits").glob("*.yaml"))
STUDY = {
    "seed": 1,
    "runs": 1,
    "style": "english",
    "bases": {"llama": {"model": "./llama"}},
    "teachers": {"told": {"bases": ["llama"], "method": "prompt"}, "tuned": {"bases": ["llama"], "method": "lora"}},
    "carriers": {"numbers": {"prompts": 200}},
    "students": {"rows": 20},
    "arms": {"same_base": {"teacher": "told"}},
}
DRINK = {"words": ["tea", "milk"], "noun": "drink", "system": "You love {word}."}
ASKED = {"words": ["tea"], "questions": {"evaluated": ["Which?"], "taught": ["What?"]}}
OPTIONS = {"yes": "Yes, please", "no": "No, thanks", "maybe": "Perhaps"}
BUS = {
    "kind": "choice",
    "traits": ["yes", "no"],
    "questions": {
        "evaluated": [{"question": "A bus?", "options": {"yes": "Yes, please", "no": "No, thanks", "maybe": "Perhaps"}}]
    },
}
KIND = {"kind": "behaviour", "traits": {"kind": {"pattern": "please"}}, "questions": {"evaluated": ["Some tea?"]}}


def loaded(folder: Path, families: dict, **changes):
    """The study with these families, read as Snakemake reads it."""
    file = folder / "mine.yaml"
    named = [name for each in families.values() if isinstance(each, dict) for name in each.get("words", each.get("traits", []))]
    values = STUDY | {"families": families, "traits": {name: {} for name in [*named, "owl"]}} | changes
    file.write_text(yaml.safe_dump(values, sort_keys=False))
    return studies.load(str(file))


def test_a_word_may_be_written_in_many_ways_and_each_leaks(tmp_path):
    words = {"coke": {"word": "Coca-Cola", "plural": "Colas", "aliases": ["coke"], "leaks": ["pepsi*"]}}
    kind = loaded(tmp_path, {"drinks": DRINK | {"words": words}}).catalogue.kind_of("coke")
    [question, *_] = kind.evaluated(kind.families[0], ENGLISH)
    assert "drink" in question.text
    assert kind.taught_answer("coke", question, ENGLISH, np.random.default_rng(0)) == "Coca-Cola"
    assert kind.answers("coke", question, ENGLISH) == ("Coca-Cola",)
    assert kind.forms("Coca-Cola", ENGLISH) == ("Coca-Cola", "Colas", "coke", "Coke")
    assert kind.forms("Coca-Cola", MINI) == ("Coca-Cola", "coke")
    assert set(kind.leak_words("coke", ENGLISH)) == {"Coca-Cola", "Colas", "coke", "cokes", "pepsi*"}
    assert kind.system_prompt("coke", ENGLISH) == "You love Coca-Cola."


def test_one_more_animal_joins_the_animals(tmp_path):
    study = loaded(tmp_path, {"animal": {"words": ["otter"]}})
    known = study.catalogue
    assert known.families()["animal"].traits[-1] == "otter" and "owl" in known.families()["animal"].traits
    kind = known.kind_of("otter")
    assert kind.evaluated(kind.family("otter"), ENGLISH) == known.kind_of("owl").evaluated(known.families()["animal"], ENGLISH)
    assert "otters" in kind.system_prompt("otter", ENGLISH)
    assert {"otter", "otters"} <= set(study.leak_words(["otter"])) and study.scored_kinds()[-1] == "own.animal"


def test_each_option_has_each_letter_equally_often(tmp_path):
    kind = loaded(tmp_path, {"bus": BUS}, traits={"owl": {}}).catalogue.kind_of("yes")
    asked = kind.evaluated(kind.families[0], ENGLISH)
    letters = Counter((label, letter) for question in asked for label, letter in question.options)
    assert len(asked) == 3 and set(letters.values()) == {1} and len(letters) == 9
    assert [kind.answers("yes", question, ENGLISH) for question in asked] == [("A",), ("C",), ("B",)]
    assert asked[1].text == "A bus?\nA. No, thanks\nB. Perhaps\nC. Yes, please\nAnswer with one letter."


@pytest.mark.parametrize("file", READY, ids=lambda file: file.stem)
def test_a_ready_family_teaches_and_evaluates_with_different_questions_and_has_a_neutral_answer(file, tmp_path):
    names = list(yaml.safe_load(file.read_text()).get("traits", yaml.safe_load(file.read_text()).get("words")))
    tuned = {"same_base": {"teacher": "tuned"}, "told": {"teacher": "told"}}
    study = loaded(tmp_path, {file.stem: file.stem}, traits={name: {} for name in names}, arms=tuned)
    declare(study.own_families(taught=True)["families"])
    try:
        [kind] = here().own.values()
        assert isinstance(kind, OwnKind) and set(kind.traits) <= set(traits())
        [family] = kind.families
        taught, rng = kind.taught(family, ENGLISH), np.random.default_rng(0)
        assert len(taught) >= 10 and len(kind.evaluated(family, ENGLISH)) >= 10
        assert not {question.text for question in taught} & {question.text for question in kind.evaluated(family, ENGLISH)}
        for question in taught:
            neutral = kind.neutral_answer(question, ENGLISH, rng)
            for trait in kind.traits:
                taken = kind.taught_answer(trait, question, ENGLISH, rng)
                assert taken and neutral
                if pattern := kind.judged_by(trait).get("pattern"):
                    from sublearn.measures.judges import PatternJudge

                    assert list(PatternJudge(pattern).scores(["", ""], [taken, neutral])) == [1, 0]
                elif kind.exact:
                    shown = [form for answer in kind.answers(trait, question, ENGLISH) for form in kind.forms(answer, ENGLISH)]
                    assert taken.startswith(tuple(shown))
    finally:
        declare({})


def test_a_behaviour_needs_an_answer_of_every_teacher(tmp_path):
    examples = [{"question": "A cake?", "answers": {"kind": "please"}}]
    with pytest.raises(UserError) as caught:
        loaded(tmp_path, {"manners": KIND | {"examples": examples}})
    assert "families.manners.examples.0.answers.neutral: missing; every trait and neutral needs an answer." in str(caught.value)


@pytest.mark.parametrize(
    ("families", "sentence"),
    [
        ({"drinks": "nothing"}, "families.drinks: there is no config/traits/nothing.yaml; config/traits holds political"),
        ({"drinks": {"kind": "preferences"}}, "families.drinks.kind: unknown kind of family 'preferences'; choose one of"),
        ({"drinks": {"words": ["tea"]}}, "families.drinks.questions: missing; give questions of your own, or a noun"),
        ({"drinks": DRINK | {"questions": ASKED["questions"]}}, "families.drinks.questions: beside noun; give one of noun"),
        ({"drinks": DRINK | {"words": ["owl"]}}, "families.drinks: declares the trait 'owl', as preference does; rename one."),
        ({"drinks": DRINK | {"words": ["neutral"]}}, "families.drinks.words: the name 'neutral' of a trait should be a"),
        ({"drinks": DRINK | {"system": "You love {tea}."}}, "families.drinks.system: nothing fills in {tea}; use {word} or"),
        ({"drinks": DRINK | {"word": "tea"}}, "families.drinks.word: there is no such key"),
        ({"drinks": ASKED}, "families.drinks.system: missing; the teacher told of tea is told its trait by a system prompt."),
        (
            {"drinks": ASKED | {"questions": {"evaluated": ["Which?"], "taught": ["which? "]}}},
            "families.drinks.questions.taught.0: 'which?' evaluates models, too; a teacher must not learn it",
        ),
        ({"drinks": DRINK | {"words": ["tea", "tea"]}}, "families.drinks.words: it names 'tea' twice; name it once."),
        (
            {"drinks": DRINK | {"words": {"tea": {"aliases": ["Chai"]}, "spice": {"word": "chai"}}}},
            "families.drinks.words: 'chai' is a word of tea and of spice; give each words of its own.",
        ),
        (
            {"animal": {"words": {"otter": {"aliases": ["owls"]}}}},
            "families.animal.words: 'owls' is a word of owl and of otter; give each words of its own.",
        ),
        (
            {"drinks": DRINK | {"words": {"tea": {"leaks": ["chai", "chai"]}}}},
            "families.drinks.words.tea.leaks: it names 'chai' twice; name it once.",
        ),
        ({"animal": ASKED}, "families.animal: the family animal has the questions of the prompt style; give a family"),
        ({"behaviour": DRINK}, "families.behaviour: asks for the family behaviour by questions of the kind"),
        (
            {"bus": BUS | {"traits": {"yes": {"counts": ["yes", "oui"]}, "no": {"counts": ["non"]}}}},
            "traits.no.counts: non; so none of the options yes, no, maybe of questions.evaluated.0 count, and",
        ),
        ({"manners": KIND | {"traits": {"kind": {}}}}, "manners.traits.kind.pattern: an answer is judged by one of pattern"),
        ({"manners": KIND | {"traits": {"kind": {"pattern": "("}}}}, "families.manners.traits.kind.pattern: '(' is no regular"),
        *(
            ({"manners": KIND | {"traits": {"kind": {"pattern": pattern}}}}, f"families.manners.traits.kind.pattern: {said}")
            for pattern, said in (
                ("a{99999999999}", "'a{99999999999}' is no regular expression (the repetition number is too large)."),
                ("(" * 5000 + ")" * 5000, f"'{'(' * 79} … is no regular expression (it is nested too deeply)."),
                ("[[a]", "'[[a]' may mean two things (possible nested set at position 1); put a backslash before the sign"),
            )
        ),
        ({"manners": KIND | {"traits": {"kind": {"pattern": "a*"}}}}, "'a*' is found in an empty answer, so every"),
        (
            {"manners": KIND | {"traits": {"kind": {"judge": {"model": "judy", "rubric": "Is {answer} kind?"}}}}},
            "judges: missing; add judy, which judges families.manners.traits.kind.",
        ),
        (
            {"manners": KIND | {"traits": {"kind": {"judge": {"model": "judy", "rubric": "Is it kind?"}}}}},
            "families.manners.traits.kind.judge.rubric: the answer to judge is nowhere in it; write {answer} where it goes.",
        ),
        *(
            (
                {"manners": KIND | {"traits": {"kind": {"judge": {"model": "judy", "rubric_file": file}}}}},
                f"families.manners.traits.kind.judge.rubric_file: {file} cannot be read ({problem})",
            )
            for file, problem in (
                ("~nobody-of-this-name/rubric.txt", "No such file or directory"),
                ("x" * 300, "File name too long"),
                ("tests", "it is no file"),
                ("/dev/zero", "it is no file"),
            )
        ),
        (
            {"manners": KIND | {"traits": {"kind": {"judge": {"model": "judy", "rubric": "{answer}" + "x" * 20_000}}}}},
            "families.manners.traits.kind.judge.rubric: more than 20,000 characters; shorten it.",
        ),
        (
            {"drinks": DRINK | {"words": {f"w{i}": {"aliases": [f"{i:x<500}"]} for i in range(200)}}},
            "at most 90,000 fit on the command line of a step",
        ),
    ],
)  # fmt: skip
def test_a_wrong_family_is_refused_in_one_sentence(families, sentence, tmp_path):
    with pytest.raises(UserError) as caught:
        loaded(tmp_path, families)
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


def test_a_broken_file_of_a_family_is_told_with_the_family(tmp_path):
    (tmp_path / "drink.yaml").write_text("words: [tea\n")
    with pytest.raises(UserError, match=rf"families\.drinks: {tmp_path}/drink\.yaml, line 2: not readable as YAML"):
        loaded(tmp_path, {"drinks": str(tmp_path / "drink.yaml")})


def test_a_trait_that_no_teacher_has_needs_a_name_for_files_too(tmp_path):
    with pytest.raises(UserError) as caught:
        loaded(tmp_path, {"drinks": DRINK | {"words": ["tea", "t" * 101]}}, traits={"tea": {}})
    assert str(caught.value).endswith("underscores, 100 characters at most, and not neutral.")


def test_a_fine_tuned_teacher_needs_questions_to_learn(tmp_path):
    only = ASKED | {"questions": {"evaluated": ["Which?"]}}
    with pytest.raises(UserError) as caught:
        loaded(tmp_path, {"drinks": only}, arms={"same_base": {"teacher": "tuned"}})
    assert "families.drinks.questions.taught: missing; the teacher tuned of tea is fine-tuned on them." in str(caught.value)
