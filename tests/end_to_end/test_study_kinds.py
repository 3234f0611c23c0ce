"""The other kinds of study in miniature, as users run them: studies of their own, from nothing to figures and a report."""

import pytest

pytestmark = pytest.mark.slow
DIGITS = """extends: classifier
runs: 3
carriers: {rows: 1000}
students: {epochs: 1}
claims: null
"""
THEOREM = """extends: theory
draws: 12
claims: null
"""


def test_digits_and_theorem_from_nothing(fresh):
    for name, text in (("digits", DIGITS), ("theorem", THEOREM)):
        (fresh.folder / f"config/studies/{name}.yaml").write_text(text)
    fresh.snakemake("--cores", "2", study="digits,theorem")
    for study, files in {
        "digits": ("runs.csv", "accuracies.csv", "claims.csv", "summary.md", "figures/accuracies.svg"),
        "theorem": ("alignment.csv", "conditions.csv", "trajectory.csv", "claims.csv", "summary.md", "figures/conditions.svg"),
    }.items():
        for file in files:
            assert fresh.read(f"results/{study}/findings/{file}")
    assert fresh.planned(study="digits,theorem") == set()
    # A child redoes what it changes and takes the rest from its parent.
    child = fresh.folder / "config/studies/child.yaml"
    child.write_text("extends: digits\narms: {auxiliary: {students: {loss: squared}}}\n")
    planned = fresh.planned(study="child")
    assert {message.split(" of ")[0] for message in planned} == {"students", "evaluations", "findings"}
    assert [message for message in planned if message.startswith("students")] == ["students of child: auxiliary"]
    with fresh.edited("workflow/sublearn/classifier/figures/accuracies.py", "width=0.62", "width=0.6"):
        assert fresh.planned(study="digits,theorem") == {"findings of digits: figures", "findings of digits: provenance"}


def test_a_wrong_pairing_is_one_sentence(fresh):
    (fresh.folder / "mine.yaml").write_text("extends: classifier\nruns: 2\npairing: [0, 1]\n")
    done = fresh.snakemake("--cores", "1", study="mine.yaml", check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "Traceback" not in said
    assert "error: mine.yaml: pairing: run 0 is paired with itself, so it would share its teacher's base" in said
