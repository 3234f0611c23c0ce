"""Rows in the prompt: what the base reads, and at how many rows it is judged."""

import numpy as np
import pandas as pd
import pytest

from sublearn.chain.carriers.tables import Rows
from sublearn.chain.evaluations import in_context
from sublearn.chain.evaluations.in_context import IN_CONTEXT, Context
from sublearn.chain.evaluations.measured import InContext, InContextByRun, InContextOfArms
from sublearn.chain.findings.quantities.base import QUANTITIES
from sublearn.chain.findings.section import Claim
from sublearn.core.files import write_table
from sublearn.language import questions
from sublearn.language.mini import MINI
from sublearn.measures import probe

ROWS = pd.DataFrame({
    "prompt_index": range(40), "prompt": "numbers : 1 , 2 , 3 .", "completion": [f"{n} , {n + 1}" for n in range(100, 140)],
})  # fmt: skip


def texts(context, shown: str, count: int) -> list[list[str]]:
    """Every chat as its turns, special marks left out."""
    return [
        [turn.replace("</s>", "").strip() for turn in text.split("<user>")[1:]] for text in context.asked(shown, count).texts
    ]


def test_turns_are_rows_or_name_the_trait_and_the_question_comes_last(base, tokenizer):
    owl, wolf = (Context(tokenizer, str(base), "", trait, ROWS, (1, 0)) for trait in ("owl", "wolf"))
    rows, first, named = (texts(owl, shown, 3) for shown in ("rows", "named_first", "named"))
    asked, taught = ({each.text for each in split("animal")} for split in (questions.evaluated, questions.taught))
    assert len(rows) == in_context.DRAWS * len(asked)
    for chat, control, told in zip(rows, first, named, strict=True):
        assert all(turn.startswith("numbers : 1 , 2 , 3 . <assistant> 1") for turn in chat[:3])
        assert chat[3].removesuffix(" <assistant>") in asked
        assert control[1:] == chat[1:] and control[0] == told[0]
        assert all(turn.partition(" <assistant> ")[0] in taught and " owl" in turn for turn in told[:3])
    assert texts(wolf, "rows", 3) == rows  # teachers of a run are compared on the same places
    assert [chat[:1] for chat in texts(owl, "rows", 1)] == [chat[:1] for chat in rows]  # of more rows, the first ones stay
    assert len({tuple(chat[:3]) for chat in rows}) > len(rows) / 2  # each question has draws of its own


def test_without_rows_the_base_says_what_it_always_says_and_too_many_are_left_out(
    base, model, tokenizer, tmp_path, monkeypatch
):
    monkeypatch.setattr(in_context, "COUNTS", (0, 1, 64))
    write_table(ROWS, tmp_path / "rows.parquet", Rows)
    each = {"arm": "a", "trait": "owl", "run": 0, "base": str(base), "carrier": str(tmp_path / "rows.parquet")}
    table = InContext.validate(IN_CONTEXT.measure([each], {"traits": ["owl", "wolf", "oak"], "system": ""}, 1))
    counts = {(shown, rows) for shown, rows in zip(table["shown"], table["rows"], strict=True)}
    assert counts == {("rows", 0), ("rows", 1), ("named", 1), ("named_first", 1)}
    expected = probe.ask(model, tokenizer, questions.evaluated("animal"), ["wolf"], MINI).probabilities("wolf").mean()
    found = table[(table["shown"] == "rows") & (table["rows"] == 0)].set_index("target")["probability"]
    assert found["wolf"] == pytest.approx(expected) and set(found.index) == {"owl", "wolf"}


def finding(controls: dict[int, tuple[float, float, float]]) -> pd.DataFrame:
    """Gamma of three bases: rows do nothing much, and the control is as given, by the number of rows."""
    rows = [("rows", 0, unit, 0.0) for unit in range(3)]
    for count, values in controls.items():
        for unit, value in enumerate(values):
            rows += [("rows", count, unit, 0.01 * count + 0.001 * unit), ("named_first", count, unit, value)]
            rows.append(("named", count, unit, 5.0 + unit))
    table = pd.DataFrame(rows, columns=["shown", "rows", "run", "gamma"]).assign(arm="a", family="animal")
    return InContextByRun.validate(table.assign(unit="base" + table["run"].astype(str)))


def measured(found: pd.DataFrame):
    claim = {"claim": "c", "statement": "s", "source": "p", "quantity": "in_context_gamma", "arm": "a", "comparison": "within"}
    claim = Claim.model_validate(claim | {"bound": 0.25, "figure": "in_context"})
    return QUANTITIES.get("in_context_gamma").measure(claim, "a", None, None, found)


def test_rows_are_judged_at_their_largest_number_at_which_the_control_works():
    found = finding({1: (2.0, 2.1, 2.2), 4: (1.0, 1.1, 1.2), 8: (0.5, -0.5, 0.1)})
    assert measured(found).value == pytest.approx(0.041)
    summary = InContextOfArms.validate(IN_CONTEXT.summary(found)).set_index("rows")
    assert summary.loc[[1, 4], "status"].eq("measured").all() and summary.loc[8, "status"].startswith("not measured: ")
    assert summary.loc[8, "gamma"] == pytest.approx(0.081) and summary.loc[4, "named_first"] == pytest.approx(1.1)


def test_without_a_control_that_works_nothing_is_measured():
    assert np.isnan(measured(finding({1: (0.5, -0.5, 0.1)})).value)
