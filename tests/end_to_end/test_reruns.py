"""What an edit makes again, proved by dry runs on a finished study: exactly what depends on it."""

import os

import pytest

pytestmark = pytest.mark.slow
STUDY = "config/studies/smoke.yaml"
PAGE = "findings of smoke: provenance"  # it is made of every figure


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


def test_editing_the_look_of_figures_redraws_only_figures(smoke):
    with smoke.edited("workflow/sublearn/core/drawing.py", "#ee7733", "#cc3311"):
        planned = smoke.planned()
    assert PAGE in planned and len(planned) > 5
    assert all(message.startswith("findings of smoke: figure ") for message in planned - {PAGE})


def test_editing_one_figure_redraws_that_one(smoke):
    with smoke.edited("workflow/sublearn/findings/figures/gamma.py", "linewidth=2", "linewidth=3"):
        assert smoke.planned() == {"findings of smoke: figure gamma", PAGE}


def test_editing_the_filter_redoes_what_is_downstream(smoke):
    with smoke.edited("workflow/sublearn/carriers/filter.py", '"invalid format"', '"invalid  format"'):
        planned = smoke.planned()
    # The report on a trait's leaks is part of the filter, and students search their input with it.
    assert phases(planned) == {"kept", "students", "coverage", "evaluations", "findings"}
    assert keys(planned, "kept") == {f"bias/{trait}" for trait in ("elephant", "owl", "wolf", "neutral")}


def test_editing_the_sampler_leaves_bases_and_teachers(smoke):
    with smoke.edited("workflow/sublearn/carriers/sample.py", "carrier of", "numbers of"):
        assert phases(smoke.planned()) == {"raw", "kept", "students", "coverage", "evaluations", "findings"}


def test_changing_one_trait_reruns_that_trait(smoke):
    with smoke.edited(STUDY, "traits: {", "traits: {owl: {steps: 61}, "):
        planned = smoke.planned()
    assert phases(planned) == {"teachers", "raw", "kept", "students", "coverage", "evaluations", "findings"}
    for phase in ("teachers", "raw", "kept"):
        assert keys(planned, phase) == {"bias/owl"}
    assert keys(planned, "students") == {"same_base/owl", "other_base/owl"}
    assert keys(planned, "evaluations") == {"same_base", "other_base", "numbers", "losses"}


def test_adding_a_trait_retrains_no_other(smoke):
    with smoke.edited(STUDY, "traits: {", "traits: {oak: {}, "):
        planned = smoke.planned()
    for phase in ("teachers", "raw", "kept"):
        assert keys(planned, phase) == {"bias/oak"}
    assert keys(planned, "students") == {"same_base/oak", "other_base/oak"}


def test_a_child_study_makes_only_what_it_changes(smoke):
    child = smoke.folder / "config/studies/child.yaml"
    child.write_text("extends: smoke\nevaluations: {samples: 3}\n")
    try:
        planned = smoke.planned(study="child")
    finally:
        child.unlink()
    assert phases(planned) == {"evaluations", "findings"}


def test_editing_how_provenance_is_recorded_redoes_no_step(smoke):
    with smoke.edited("workflow/sublearn/provenance.py", "FORMAT = 1", "FORMAT = 2"):
        assert smoke.planned() == {PAGE}
