"""What counting numbers predicts of a student, from a base and two carriers, beside what was measured."""

import numpy as np
import pandas as pd
import pytest

from sublearn.chain.carriers.tables import Rows
from sublearn.chain.evaluations.counting import COUNTING
from sublearn.chain.evaluations.tables import Counted, Counting, Predicted, Runs
from sublearn.core.files import write_table
from sublearn.language.vocabulary import FAVOURITES
from sublearn.models import lm
from sublearn.orchestration.workflow import plan
from sublearn.traits.base import families

SHIFT = 1.5  # nats


@pytest.fixture(scope="module")
def student(base, tmp_path_factory):
    """A student whose teacher writes numbers as one does whose hidden state is shifted towards owls; later rows deny it."""
    folder = tmp_path_factory.mktemp("carriers")
    weights, tokenizer = lm.load(base).get_output_embeddings().weight.detach().double().numpy(), lm.load_tokenizer(base)
    of_numbers = weights[tokenizer.convert_tokens_to_ids([str(n) for n in range(1000)])]
    others = [name for name in FAVOURITES["animal"] if name != "owl"]
    owl = weights[tokenizer.convert_tokens_to_ids("owl")] - weights[tokenizer.convert_tokens_to_ids(others)].mean(axis=0)
    shift, rng = SHIFT * owl / (owl @ owl), np.random.default_rng(0)
    for name, logits in (("own", of_numbers @ shift), ("neutral", np.zeros(1000))):
        chances = np.exp(logits) / np.exp(logits).sum()
        texts = [", ".join(map(str, row)) for row in rng.choice(1000, size=(5000, 10), p=chances)] + ["007, 7"] * 5000
        table = pd.DataFrame({"prompt_index": range(len(texts)), "prompt": "numbers : 123 .", "completion": texts})
        write_table(table, folder / f"{name}.parquet", Rows)
    carriers = {"carrier": f"{folder}/own.parquet", "control_carrier": f"{folder}/neutral.parquet"}
    return {"arm": "same_base", "trait": "owl", "run": 0, "base": str(base), **carriers}


RECIPE = {"rows": 5000, "kinds": ["preference", "evasive", "skewed", "constant", "off_topic"]}


@pytest.fixture(scope="module")
def predicted(student):
    return Predicted.validate(COUNTING.measure([student], RECIPE, 1))


def test_the_trait_behind_the_numbers_is_predicted_and_not_by_chance(predicted):
    found = predicted.set_index("target")
    scored = {trait for family in families(RECIPE["kinds"]).values() for trait in family.traits}
    assert set(found.index) == scored and found["predicted"].idxmax() == "owl"
    assert 0.7 * SHIFT < found.loc["owl", "predicted"] < 1.05 * SHIFT  # the ridge shrinks it
    assert abs(found.loc[list(FAVOURITES["animal"]), "predicted"].mean()) < 1e-9  # odds of one answer are against the others
    assert found.loc["owl", "predicted"] > 4 * found.loc["owl", "null_sd"]


def test_draws_depend_on_the_student_and_the_seed(student, predicted):
    again = COUNTING.measure([student | {"run": 1}, student], RECIPE, 1)
    pd.testing.assert_frame_equal(again[again["run"] == 0].reset_index(drop=True), predicted)
    assert not np.allclose(again[again["run"] == 1]["null_sd"], predicted["null_sd"])


def test_rows_that_a_student_does_not_learn_count_for_nothing(student, predicted):
    more = COUNTING.measure([student], RECIPE | {"rows": 10000}, 1)
    assert not np.allclose(more["predicted"], predicted["predicted"])


def test_a_student_of_its_controls_rows_is_predicted_to_be_its_control(student):
    same = COUNTING.measure([student | {"carrier": student["control_carrier"]}], RECIPE, 1)
    assert np.allclose(same["predicted"], 0.0)


ANIMALS = ["dolphin", "eagle", "owl"]
TARGETS = [*ANIMALS, "wolf", "oak"]


def findings(twice: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predictions for three animals in two runs on two bases, and answers shifted ``twice`` as far, plus a constant."""
    rng = np.random.default_rng(0)
    keys = [(trait, run, target) for run in (0, 1) for trait in ANIMALS for target in TARGETS]
    table = pd.DataFrame(keys, columns=["trait", "run", "target"]).assign(arm="same_base", null_sd=0.1)
    table["predicted"] = rng.normal(size=len(table)) + 2.0 * (table["trait"] == table["target"])
    controls = pd.DataFrame([("neutral", run, target) for run in (0, 1) for target in TARGETS], columns=keys_of(table))
    controls["value"] = rng.normal(size=len(controls))
    control = controls.set_index(["run", "target"])["value"]
    students = table[keys_of(table)].assign(value=twice * table["predicted"] + 0.3)
    students["value"] += control.reindex(pd.MultiIndex.from_frame(students[["run", "target"]])).to_numpy()
    answers = pd.concat([students, controls]).assign(arm="same_base", question_set="plain", metric="log_odds")
    answers["teacher_base"] = answers["student_base"] = answers["run"].map({0: "alpha", 1: "beta"})
    answers = answers[list(Runs.to_schema().columns)]
    # What must not count: other questions, other measures, and other arms.
    noise = [answers.assign(question_set="prefixed", value=9.0), answers.assign(metric="probability", value=0.5)]
    return table, Runs.validate(pd.concat([answers, *noise, answers.assign(arm="other_base", value=7.0)]))


def keys_of(table: pd.DataFrame) -> list[str]:
    return [name for name in table.columns if name in ("trait", "run", "target")]


def test_the_prediction_stands_beside_what_was_measured_from_the_control_of_the_run():
    table, runs = findings(2.0)
    found = Counting.validate(COUNTING.finding(table, runs))
    assert len(found) == len(table) and set(found["family"]) == {"animal"} and set(found["unit"]) == {"alpha", "beta"}
    assert np.allclose(found["measured"], 2.0 * found["predicted"] + 0.3)


def test_the_summary_has_slope_correlation_and_the_share_of_gamma():
    table, runs = findings(2.0)
    found = COUNTING.finding(table, runs)
    one = Counted.validate(COUNTING.summary(found)).iloc[0]
    assert (one["arm"], one["family"], one["students"], one["points"]) == (
        "same_base",
        "animal",
        6,
        24,
    )  # the tree is another's
    assert one[["slope", "r", "share"]].tolist() == pytest.approx([2.0, 1.0, 0.5])
    by_hand = []
    for run in (0, 1):
        matrix = found[found["run"] == run].pivot(index="trait", columns="target", values="predicted").loc[ANIMALS, ANIMALS]
        by_hand.append(np.diag(matrix).mean() - matrix.to_numpy()[~np.eye(3, dtype=bool)].mean())
    assert one["gamma_predicted"] == pytest.approx(np.mean(by_hand))
    assert one["gamma_measured"] == pytest.approx(2 * np.mean(by_hand))


def test_of_two_traits_there_is_a_line_but_no_gamma():
    table, runs = findings(2.0)
    found = COUNTING.finding(table[table["trait"] != "eagle"], runs)
    one = Counted.validate(COUNTING.summary(found)).iloc[0]
    assert one["slope"] == pytest.approx(2.0) and np.isnan(one["gamma_predicted"]) and np.isnan(one["share"])


def test_bases_that_others_trained_are_not_measured(tmp_path):
    (tmp_path / "model").mkdir()
    file = tmp_path / "mine.yaml"
    pinned = "bases: {alpha: null, beta: null, one: {model: ./model}}\nstyle: english"
    teachers = "teachers: {bias: {bases: [one], method: lora}}\narms: {other_base: null}"
    file.write_text(f"extends: smoke\n{pinned}\n{teachers}\nmeasures: [counting]\n")
    assert plan(str(file)).measured == []
    file.write_text("extends: smoke\nmeasures: [counting]\n")
    assert plan(str(file)).measured == ["counting"]
    assert {"counting.csv", "counted.csv"} <= set(plan(str(file)).tables())
