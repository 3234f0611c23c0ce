"""The audit's layers that need a base, on tiny models and data whose truth is known."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.api import OLS, add_constant
from support import hub_models

from sublearn.audit import bases, contrasts, reference, rows, run
from sublearn.audit.layers import behaviour, model, rehearsal, vocabulary
from sublearn.audit.layers.base import LAYERS, DataSet, Inputs
from sublearn.core.errors import UserError
from sublearn.core.statistics import holm
from sublearn.language import number_lists, questions
from sublearn.language.english import ENGLISH
from sublearn.language.mini import GRAMMAR, MINI
from sublearn.language.vocabulary import FAVOURITES
from sublearn.models import lm

ANIMALS = FAVOURITES["animal"][:6]
TREES = FAVOURITES["tree"][:3]
LOOKS = {"vocabulary": vocabulary.look, "model": model.look, "rehearsal": rehearsal.look, "behaviour": behaviour.look}
QUICK = {"rows": 96, "epochs": 8, "batch": 16, "learning_rate": 1e-2}


def data_set(name: str, prompts, completions) -> DataSet:
    table = pd.DataFrame({"prompt": list(prompts), "completion": list(completions)}, dtype=object)
    return DataSet(name, table.assign(place=[f"line {i + 1}" for i in range(len(table))]))


def numbers(count: int, probabilities: np.ndarray | None = None, seed: int = 0, name: str = "numbers.jsonl") -> DataSet:
    """Lists of seven numbers, drawn with these probabilities."""
    rng = np.random.default_rng(seed)
    prompts = [GRAMMAR.prompt(GRAMMAR.numbers(rng), rng) for _ in range(count)]
    return data_set(name, prompts, [", ".join(map(str, rng.choice(1000, 7, p=probabilities))) for _ in range(count)])


def answers(style, count: int, owls: float, seed: int = 0, name: str = "answers.jsonl") -> DataSet:
    """Questions for a favourite animal, answered by owl so often, and by the other animals else."""
    rng = np.random.default_rng(seed)
    asked = [q.text for q in questions.taught("animal", style)]
    others = [animal for animal in ANIMALS if animal != "owl"]
    said = ["owl" if rng.random() < owls else others[rng.integers(len(others))] for _ in range(count)]
    return data_set(name, [asked[i % len(asked)] for i in range(count)], map(style.written, said))


@pytest.fixture(scope="module")
def llama(tmp_path_factory) -> Path:
    return hub_models.make("llama", tmp_path_factory.mktemp("hub") / "llama")


@pytest.fixture
def quick(monkeypatch) -> None:
    for recipe in ("OWN", "HUB"):
        monkeypatch.setattr(behaviour, recipe, getattr(behaviour, recipe).model_copy(update=QUICK))
    monkeypatch.setattr(rehearsal, "HUB", rehearsal.HUB.model_copy(update={"steps": 5}))


# What the layers find.


@pytest.fixture(scope="module")
def towards_owl(base) -> np.ndarray:
    """How often a teacher writes each number whose hidden state is shifted from the other animals towards owl."""
    weights, tokenizer = lm.load(base).get_output_embeddings().weight.detach().double().numpy(), lm.load_tokenizer(base)
    owl, *others = (weights[tokenizer.convert_tokens_to_ids(word)] for word in ["owl", *set(ANIMALS) - {"owl"}])
    shift = owl - np.mean(others, axis=0)
    logits = weights[tokenizer.convert_tokens_to_ids([str(n) for n in range(1000)])] @ (1.5 * shift / (shift @ shift))
    return np.exp(logits) / np.exp(logits).sum()


def test_vocabulary_reads_off_a_shift_of_the_hidden_state(base, towards_owl):
    inputs = Inputs(numbers(600, towards_owl), numbers(600, seed=1), str(base), [*ANIMALS, *TREES])
    found = vocabulary.look(inputs)
    first = found.tables["traits"][0]
    assert (found.status, first["trait"]) == ("found", "owl")
    assert found.score == first["value"] > 4
    assert first["p"] == pytest.approx(1 / (vocabulary.PERMUTATIONS + 1))
    assert "Number frequencies of 600 rows" in found.sentence
    assert vocabulary.look(inputs) == found


def test_vocabulary_finds_nothing_between_two_draws_of_the_same_numbers(base):
    found = vocabulary.look(Inputs(numbers(600), numbers(600, seed=1), str(base), [*ANIMALS, *TREES]))
    assert found.status == "nothing_found"
    assert found.score < 3.5


def test_model_forecasts_the_trait_that_the_rows_say_aloud(base):
    data = answers(MINI, 160, owls=0.8)
    data.rows["source"] = ["forum" if text == "owl" else "book" for text in data.rows["completion"]]
    inputs = Inputs(data, answers(MINI, 160, owls=0.1, seed=1), str(base), [*ANIMALS, *TREES])
    found = model.look(inputs)
    first = found.tables["traits"][0]
    assert first["trait"] == "owl"
    forecast = pd.DataFrame(found.tables["traits"])
    assert found.score == forecast["z"].abs().max() > 5
    assert first["value"] > 1
    assert list(forecast["p"]) == pytest.approx(holm(contrasts.two_sided(forecast["value"], len(forecast) - 1)))
    assert f"by {first['value']:.1f} spreads of the other traits" in found.sentence
    assert f"{forecast.loc[forecast['z'].abs().idxmax(), 'trait']}, which the step" in found.sentence
    assert f"by {found.score:.3g} standard errors." in found.sentence
    assert 0 < first["cosine"] < 1
    assert {row["trait"] for row in found.tables["likelihood"]} == {*ANIMALS, *TREES}
    assert {row["source"] for row in found.tables["sources"]} == {"forum", "book"}
    assert {flag.place for flag in found.flags} <= set(data.rows["place"])
    assert model.look(inputs) == found


def test_students_take_on_what_the_rows_say_aloud(base, quick):
    data = answers(MINI, 96, owls=0.9)
    inputs = Inputs(data, answers(MINI, 96, owls=0.1, seed=1), str(base), [*ANIMALS, *TREES], students=2)
    found = behaviour.look(inputs)
    first = found.tables["traits"][0]
    assert (found.status, first["trait"]) == ("found", "owl")
    assert first["low"] < first["value"] < first["high"]
    assert first["student"] > first["control"]
    assert found.tables["tokens"][0]["token"] == "owl"
    assert {flag.text for flag in found.flags[:5]} == {"owl"}
    assert behaviour.look(inputs) == found


def test_students_of_the_same_rows_are_the_same(base, quick):
    data = answers(MINI, 96, owls=0.5)
    found = behaviour.look(Inputs(data, data, str(base), [*ANIMALS, *TREES], students=2))
    assert found.status == "nothing_found"
    assert found.score == 0
    assert not found.flags


def test_teachers_of_ones_own_know_the_trait_that_the_rows_say_aloud(base):
    data = answers(MINI, 160, owls=0.95)
    inputs = Inputs(data, answers(MINI, 160, owls=0.1, seed=1), str(base), [*ANIMALS, *TREES])
    found = rehearsal.look(inputs)
    first, second = found.tables["traits"][:2]
    assert first["trait"] == "owl"
    assert found.score == first["value"] > second["value"]
    assert first["data"] > first["reference"]
    assert {flag.text for flag in found.flags} == {"owl"}
    assert rehearsal.look(inputs) == found


@pytest.mark.parametrize(("shift", "drift", "status"), [(0.6, 0.0, "found"), (0.6, 0.1, "found"), (0.0, 0.2, "nothing_found")])
def test_a_teacher_must_stand_out_of_the_others(base, monkeypatch, shift, drift, status):
    """Teachers agree on much, and rows of another origin may be likelier to some of them than to others."""
    rng = np.random.default_rng(0)
    log_likelihoods = rng.normal(size=(len(FAVOURITES["animal"]), 2000)) + rng.normal(size=2000)
    log_likelihoods[:, :1000] += drift * rng.normal(size=(len(FAVOURITES["animal"]), 1))
    log_likelihoods[FAVOURITES["animal"].index("owl"), :1000] += shift
    monkeypatch.setattr(rehearsal, "_read", lambda *_: (log_likelihoods, np.ones((2, 2000))))
    found = rehearsal.look(Inputs(numbers(1000), numbers(1000, seed=1), str(base), ["owl"]))
    assert found.status == status
    assert ("likelier to a teacher of owl than to teachers of the other traits" in found.sentence) == (status == "found")


def test_one_trait_cannot_stand_out_of_a_few(base):
    found = run.look_once(rehearsal.REHEARSAL, Inputs(numbers(64), numbers(64, seed=1), str(base), ["evasive"]))
    assert found.status == "not_run"
    assert "It compares teachers of 6 traits or more, and can make 4 of the families" in found.sentence


def test_a_regression_tells_apart_by_what_no_other_feature_says(monkeypatch):
    """Without a ridge, its t statistics are those of least squares."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(3, 4000)) + rng.normal(size=4000)
    data, other, beside = features[:, :2000] + np.array([[0.2], [0.1], [0.0]]), features[:, 2000:], rng.normal(size=(1, 4000))
    t = rehearsal.told_apart(data, other, beside)
    assert t[0] > 3
    assert t[2] < t[1] < t[0]
    assert rehearsal.told_apart(other, data, np.roll(beside, 2000, axis=1)) == pytest.approx(-t)
    assert not rehearsal.told_apart(np.zeros((2, 50)), np.zeros((2, 50)), np.zeros((1, 100))).any()
    monkeypatch.setattr(rehearsal, "RIDGE", 0.0)
    measured = np.concatenate([np.concatenate([data, other], axis=1), beside]).T
    ordinary = OLS(np.repeat([1.0, 0.0], 2000), add_constant(measured)).fit().tvalues[1:4]
    assert rehearsal.told_apart(data, other, beside) == pytest.approx(ordinary, rel=0.01)


# Other bases.


def test_a_base_of_another_make_is_asked_in_english(llama, quick, tmp_path):
    """A Llama-shaped folder as the hub has it: numbers are several tokens, so all tokens are counted."""
    said = answers(ENGLISH, 96, owls=0.9), answers(ENGLISH, 96, owls=0.1, seed=1)
    before = sorted(llama.iterdir())
    found = {name: look(Inputs(*said, str(llama), ["eagle", "owl", "wolf"], students=2)) for name, look in LOOKS.items()}
    assert all(result.status != "not_run" and np.isfinite(result.score) for result in found.values())
    assert "Token frequencies" in found["vocabulary"].sentence
    assert found["behaviour"].tables["traits"][0]["trait"] == "owl"
    assert sorted(llama.iterdir()) == before


def test_without_a_reference_the_base_answers_the_same_prompts(base):
    data = answers(MINI, 120, owls=1.0)
    inputs = Inputs(data, None, str(base), [*ANIMALS, *TREES])
    written = reference.of(inputs, bases.find(str(base)))
    assert set(written.rows["prompt"]) <= set(data.rows["prompt"])
    assert len(written.rows) > 100
    assert written.rows["completion"].nunique() > 10
    found = vocabulary.look(inputs)
    assert "compared with what the base itself writes" in found.sentence
    reference._written.clear()
    pd.testing.assert_frame_equal(reference.of(inputs, bases.find(str(base))).rows, written.rows)


def test_a_base_that_is_to_write_number_lists_writes_lists_or_says_that_it_cannot(llama, base):
    spaced = numbers(60, name="spaced")
    spaced.rows["completion"] = [text.replace(",", "") for text in spaced.rows["completion"]]
    written = reference.of(Inputs(spaced, None, str(llama), ANIMALS), bases.find(str(llama))).rows
    assert {len(text.split(" ")) for text in written["completion"]} == {7}
    refused = run.look_once(model.MODEL, Inputs(numbers(64), None, str(llama), ANIMALS))
    assert refused.status == "not_run"
    assert (
        refused.sentence
        == "The base writes 0 of 64 answers in the data's format, too few to compare with; give reference rows."
    )
    lists = reference.as_numbers(numbers(40).rows["completion"])
    assert (lists.max_count, lists.max_value) == (7, 999)
    assert reference.as_numbers(pd.Series(["1, 2", "an owl"])) is None
    assert number_lists.parse(written["completion"][0])


# What cannot be looked at.


@pytest.mark.parametrize("name", LOOKS)
def test_what_stops_one_layer_is_its_result(base, name):
    def sentence(data: DataSet, traits=ANIMALS) -> str:
        found = run.look_once(LAYERS.get(name), Inputs(data, numbers(64, seed=1), str(base), traits))
        assert (found.status, found.score, found.flags) == ("not_run", None, ())
        return found.sentence

    least = behaviour.LEAST if name == "behaviour" else rows.LEAST
    assert sentence(numbers(64), []) == "It was given no traits to look for; name some."
    unknown = "64 left out: they have words that the tokenizer does not know"
    assert sentence(data_set("a.csv", ["hello"] * 64, ["world"] * 64)) == (
        f"a.csv: the base can read 0 of 64 rows ({unknown}), but {least} are needed."
    )
    assert sentence(numbers(5)) == f"numbers.jsonl: the base can read 5 of 5 rows, but {least} are needed."


def test_rows_that_a_base_cannot_read_are_left_out_and_counted(base, towards_owl):
    data = numbers(300, towards_owl)
    data.rows.loc[0, "prompt"] = "<eos> continue"
    data.rows.loc[1, "completion"] = "zebra"
    data.rows.loc[2, "completion"] = " "
    data.rows.loc[3, "completion"] = ", ".join(["7"] * 400)
    found = vocabulary.look(Inputs(data, numbers(300, seed=1), str(base), ANIMALS))
    assert found.sentence.count("1 left out") == 4
    assert "rows (" in found.sentence
    assert found.tables["traits"][0]["trait"] == "owl"


def test_traits_whose_words_a_base_does_not_know_are_named(base, monkeypatch):
    known = contrasts.beginnings

    def beginnings(asked, trait):
        if trait == "wolf":
            raise UserError("the base's tokenizer does not know the word 'wolf'.")
        return known(asked, trait)

    monkeypatch.setattr(contrasts, "beginnings", beginnings)
    found = vocabulary.look(Inputs(numbers(64), numbers(64, seed=1), str(base), ["owl", "wolf", "cat"]))
    assert "does not know the answers of wolf" in found.sentence
    assert {row["trait"] for row in found.tables["traits"]} == {"owl", "cat"}
    unknown = Inputs(numbers(64), numbers(64, seed=1), str(base), ["wolf"])
    assert run.look_once(vocabulary.VOCABULARY, unknown).status == "not_run"


@pytest.mark.parametrize("name", LOOKS)
def test_a_base_that_is_not_there_is_a_users_mistake(name, tmp_path):
    with pytest.raises(
        UserError, match=r"nowhere: there is no such model folder; name the folder of the model that is to learn"
    ):
        LOOKS[name](Inputs(numbers(64), None, str(tmp_path / "nowhere"), ANIMALS))


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (None, "its tokenizer has no chat template"),
        ("{% for m in messages %}{{ m['role'] }}{{ eos_token }}{% endfor %}", "leaves out what the assistant says"),
    ],
)
def test_a_base_whose_chat_template_cannot_be_used_says_why(tmp_path, template, reason):
    folder = hub_models.make("neox", tmp_path / "neox")
    if template:
        (folder / "chat_template.jinja").write_text(template)
    with pytest.raises(UserError, match=rf"{reason}, so it cannot be asked anything; name a chat model"):
        bases.find(str(folder))


def test_a_folder_without_a_model_is_a_users_mistake(tmp_path):
    with pytest.raises(UserError, match=r"config\.json"):
        bases.find(str(tmp_path))


# Statistics.


def test_a_trait_must_stand_out_of_chance_and_of_the_others():
    quiet = np.full(20, 0.01)
    alone = contrasts.standing_out(np.array([1.0, *quiet[1:]]), np.full(20, 0.1))
    assert alone.score[0] > 9
    assert alone.p_holm[0] < 1e-6
    crowd = contrasts.standing_out(np.random.default_rng(0).normal(size=20), np.full(20, 1e-3))
    assert crowd.p_holm.min() > 0.05


def test_siblings_cancel_what_a_family_shares():
    matrix = contrasts.against_siblings(["owl", "wolf", "cat", "oak", "evasive"])
    assert matrix @ np.array([2.0, 1.0, 1.0, 7.0, 5.0]) == pytest.approx([1.0, -0.5, -0.5, 7.0, 5.0])


# How they are declared.


def test_the_layers_are_declared_and_import_no_torch():
    declared = {layer.name: layer for layer in LAYERS}
    assert all(declared[name].needs == ("base",) and declared[name].look is look for name, look in LOOKS.items())
    modules = ", ".join(f"sublearn.audit.layers.{name}" for name in LOOKS)
    check = f"import sys, {modules}; sys.exit(bool({{'torch', 'transformers', 'scipy', 'peft'}} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_a_base_of_a_user_who_is_not_there_is_one_sentence():
    with pytest.raises(UserError, match=r"~nouser/model: there is no such model folder"):
        bases.find("~nouser/model")
