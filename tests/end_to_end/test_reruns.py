"""What an edit makes again, proved by dry runs on a finished study: exactly what depends on it."""

import os

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("smoke")]
STUDY = "config/studies/smoke.yaml"
PACKAGE = "workflow/sublearn"
PAGE = "findings of smoke: provenance"  # it is made of every table and figure
FIGURES = "findings of smoke: figures"
AFTER_STUDENTS = {"answers", "coverage", "evaluations", "findings"}


def phases(planned):
    return {message.split(" of ")[0] for message in planned}


def keys(planned, phase):
    return {message.split(": ")[1] for message in planned if message.startswith(f"{phase} of")}


def test_a_second_run_has_nothing_to_do(smoke):
    assert "Nothing to be done" in smoke.snakemake("--cores", "2").stderr
    assert smoke.planned() == set()


def test_touching_files_reruns_nothing(smoke):
    for folder in ("workflow", "config", "data", "results"):
        for path in (smoke.folder / folder).rglob("*"):
            os.utime(path)
    assert smoke.planned() == set()


def test_a_finding_that_was_put_back_or_edited_is_made_again(smoke):
    """Snakemake's record is of the one that it made, and git may have restored an older one, of another seed."""
    with smoke.edited("results/smoke/findings/effects.csv", "owl", "elk"):
        assert smoke.planned() == {"findings of smoke: tables", FIGURES, PAGE}
    with smoke.edited("results/smoke/findings/figures/gamma.svg", "<svg", "<svg "):
        assert smoke.planned() == {FIGURES, PAGE}
    assert smoke.planned() == set()


def test_mending_words_for_people_reruns_nothing(smoke):
    """A docstring, the help of an option and the description of a setting, in modules that every model goes through."""
    with (
        smoke.edited(f"{PACKAGE}/models/lm.py", "speak to.\n", "and speak to.\n"),
        smoke.edited(f"{PACKAGE}/chain/students/train.py", "the trait words that no row may hold", "trait words"),
        smoke.edited(f"{PACKAGE}/models/trainable.py", "rank of LoRA", "the rank of LoRA"),
    ):
        assert smoke.planned() == set()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("core/drawing.py", "#ee7733", "#cc3311"), ("chain/findings/figures/gamma.py", "linewidth=2", "linewidth=3")],
    ids=["all", "one"],
)
def test_editing_how_figures_are_drawn_redraws_figures_and_no_more(smoke, file, old, new):
    with smoke.edited(f"{PACKAGE}/{file}", old, new):
        assert smoke.planned() == {FIGURES, PAGE}


def test_editing_how_tables_are_made_makes_tables_and_figures(smoke):
    with smoke.edited(f"{PACKAGE}/chain/findings/summary.py", "one run, no interval", "one run and no interval"):
        assert smoke.planned() == {"findings of smoke: tables", FIGURES, PAGE}


def test_editing_the_filter_redoes_what_is_downstream(smoke):
    with smoke.edited(f"{PACKAGE}/chain/carriers/filter.py", '"raw": len', '"raw rows": len'):
        planned = smoke.planned()
    # The report on a trait's leaks is part of the filter, and students search their input with it.
    assert phases(planned) == {"filtered", "students"} | AFTER_STUDENTS
    assert keys(planned, "filtered") == {f"numbers/bias/{trait}" for trait in ("elephant", "owl", "wolf", "neutral")}


def test_editing_the_sampling_step_leaves_bases_and_teachers(smoke):
    with smoke.edited(f"{PACKAGE}/chain/carriers/sample.py", "carrier of", "numbers of"):
        assert phases(smoke.planned()) == {"raw", "filtered", "students"} | AFTER_STUDENTS


def test_editing_how_students_are_trained_leaves_all_before_them(smoke):
    with smoke.edited(f"{PACKAGE}/chain/students/train.py", '"row order"', '"order of rows"'):
        planned = smoke.planned()
    assert phases(planned) == {"students"} | AFTER_STUDENTS
    assert keys(planned, "students") == {
        f"{arm}/{trait}" for arm in ("same_base", "other_base") for trait in ("elephant", "owl", "wolf", "neutral")
    }
    assert keys(planned, "answers") == {"same_base", "other_base"}  # untouched bases are asked no more


def test_editing_an_english_question_redoes_nothing_in_the_mini_language(smoke):
    with smoke.edited(f"{PACKAGE}/language/english.py", "What is your favorite {kind}?", "Which is your favorite {kind}?"):
        assert smoke.planned() == set()


def test_changing_one_trait_reruns_that_trait(smoke):
    with smoke.edited(STUDY, "traits: {", "traits: {owl: {steps: 61}, "):
        planned = smoke.planned()
    assert phases(planned) == {"teachers", "raw", "filtered", "students"} | AFTER_STUDENTS
    assert keys(planned, "teachers") == {"bias/owl"}
    for phase in ("raw", "filtered"):
        assert keys(planned, phase) == {"numbers/bias/owl"}
    assert keys(planned, "students") == {"same_base/owl", "other_base/owl"}
    assert keys(planned, "answers") == {"same_base", "other_base"}
    assert keys(planned, "evaluations") == {"counts", "losses"}


def test_adding_a_trait_retrains_no_other(smoke):
    with smoke.edited(STUDY, "traits: {", "traits: {oak: {}, "):
        planned = smoke.planned()
    assert keys(planned, "teachers") == {"bias/oak"}
    for phase in ("raw", "filtered"):
        assert keys(planned, phase) == {"numbers/bias/oak"}
    assert keys(planned, "students") == {"same_base/oak", "other_base/oak"}


def test_a_child_study_makes_only_what_it_changes(smoke):
    child = smoke.folder / "config/studies/child.yaml"
    child.write_text("extends: smoke\nevaluations: {samples: 3}\n")
    try:
        planned = smoke.planned(study="child")
    finally:
        child.unlink()
    assert phases(planned) == {"answers", "evaluations", "findings"}


def test_editing_how_provenance_is_recorded_redoes_no_step(smoke):
    with smoke.edited(f"{PACKAGE}/core/records.py", "FORMAT = 1", "FORMAT = 2"):
        assert smoke.planned() <= {PAGE}
