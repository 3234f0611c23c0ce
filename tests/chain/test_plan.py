"""Who owns which file: a study that extends another makes only what it changes or adds."""

import json
import re
from types import SimpleNamespace

import pytest

from sublearn.core.code_identity import code_of
from sublearn.core.errors import UserError
from sublearn.orchestration.workflow import plan, plan_all
from sublearn.planning.jobs import Job


def owners(found, phase):
    return {(artifact.key, artifact.run): artifact.study for artifact in found.artifacts(phase)}


def child(tmp_path, text):
    file = tmp_path / "child.yaml"
    file.write_text(f"extends: tiny\n{text}")
    return plan(str(file))


def test_an_unchanged_child_owns_nothing(tmp_path):
    found = child(tmp_path, "title: the same\n")
    assert all(set(owners(found, phase).values()) == {"tiny"} for phase in ("bases", "raw", "students", "answers", "coverage"))


def test_other_measures_of_the_default_make_no_model_and_no_row_again():
    found = plan("tiny-forms")
    made = ("bases", "teachers", "prompts", "raw", "filtered", "shuffled_across", "unigram_matched", "students", "answers")
    assert all(found.artifacts(kind) and not found.own(kind) for kind in made)
    assert all(found.own(kind) for kind in ("forms", "in_context", "told_apart", "side_effects"))


def test_one_trait_more_is_all_that_is_new(tmp_path):
    found = child(tmp_path, "traits: {oak: {}}\n")
    for phase, key in (("teachers", "lora/oak"), ("raw", "numbers/lora/oak"), ("filtered", "numbers/lora/oak")):
        assert {key for (key, _), owner in owners(found, phase).items() if owner == "child"} == {key}
    assert {key for (key, _), owner in owners(found, "students").items() if owner == "child"} == {
        "same_base/oak",
        "other_base/oak",
        "shuffled_across/oak",
        "unigram_matched/oak",
    }


def test_more_runs_keep_the_first_ones(tmp_path):
    found = child(tmp_path, "runs: 8\n")
    assert {run for (_, run), owner in owners(found, "students").items() if owner == "child"} == {6, 7}
    job = Job.of(found, "students")[0]
    assert job.runs == ("6", "7") and all("run6" in output or "run7" in output for output in job.outputs)


def test_a_changed_trait_changes_its_own_files_alone(tmp_path):
    found = child(tmp_path, "traits: {owl: {steps: 80}}\n")
    for phase in ("teachers", "raw", "filtered", "students", "answers"):
        changed = {key for (key, _), owner in owners(found, phase).items() if owner == "child"}
        assert changed and all(key.endswith("/owl") for key in changed)
    assert set(owners(found, "prompts").values()) == {"tiny"}


def test_another_seed_changes_everything(tmp_path):
    found = child(tmp_path, "seed: 2\n")
    assert all(set(owners(found, phase).values()) == {"child"} for phase in ("bases", "prompts", "students"))


def test_a_filter_setting_leaves_what_was_sampled(tmp_path):
    found = child(tmp_path, "carriers: {numbers: {banned: [7]}}\n")
    assert set(owners(found, "raw").values()) == {"tiny"}
    assert set(owners(found, "filtered").values()) == set(owners(found, "students").values()) == {"child"}


def test_the_papers_other_carriers_are_written_by_the_defaults_teachers_and_those_of_bases_that_can_add():
    found = plan("tiny-paper")
    for phase in ("bases", "teachers", "raw", "students"):
        of_parent = {key for (key, _), owner in owners(found, phase).items() if owner == "tiny"}
        assert of_parent == {key for (key, _) in owners(plan("tiny"), phase) if not key.startswith(("other", "shuff", "uni"))}
    assert {key for key, _ in owners(found, "resplit")} == {
        f"reasoning/long/{trait}" for trait in ("dolphin", "owl", "wolf", "neutral")
    }
    of_both = {f"base{run}" for run in range(6)} | {f"long{run}" for run in range(5)}
    assert {base.key for base in found.artifacts("bases")} == of_both


def test_students_of_another_base_start_from_the_next_runs_base():
    pairs = {
        (arm, run): (student.inputs["teacher"].inputs["base"].key, student.inputs["base"].key)
        for arm in ("same_base", "other_base")
        for run in (0, 5)
        for student in [plan("tiny").find("students", f"{arm}/owl", run)]
    }
    assert pairs == {
        ("same_base", 0): ("base0", "base0"),
        ("same_base", 5): ("base5", "base5"),
        ("other_base", 0): ("base0", "base1"),
        ("other_base", 5): ("base5", "base0"),
    }


def test_a_placebo_is_made_from_its_teacher_and_shares_its_control(tmp_path):
    """So an arm with placebos differs from its teacher's in the trait's rows alone, and makes no control rows again."""
    text = "traits: {owl: {learning_rate: 0.02}}\nteachers: {calm: {placebo: balanced, of: lora, learning_rate: 0.12}}\n"
    found = child(tmp_path, f"{text}arms: {{calm: {{teacher: calm}}}}\n")
    placebo = found.find("placebos", "calm/owl", 1)
    assert (placebo.folder, placebo.inputs["teacher"]) == (
        "data/child/teachers/calm/owl/run1",
        found.find("teachers", "lora/owl", 1),
    )
    assert placebo.inputs["base"].key == "base1"
    assert (placebo.recipe["learning_rate"], placebo.recipe["max_steps"], placebo.recipe["epsilon"]) == (0.12, 1200, 1e-8)
    students = {arm: found.find("students", f"{arm}/neutral", 1).inputs for arm in ("same_base", "calm")}
    assert students["calm"] == students["same_base"]
    assert found.find("students", "calm/owl", 1).inputs["teacher"] == placebo
    assert {job.rule for job in Job.of(found, "placebos")} == {"placebos_child"}
    assert found.study.trial("numbers", "lora", "neutral") == found.study.trial("numbers", "calm", "owl")


def test_what_a_base_has_from_another_is_drawn_for_the_last_that_is_named(tmp_path):
    names = "two: {initialisation: base0}, three: {initialisation: two, data_order: base1}, four: {embeddings: three}"
    found = child(tmp_path, f"bases: {{{names}}}\n")
    recipes = {name: found.find("bases", name).recipe for name in ("base0", "three", "four")}
    assert recipes["three"] == recipes["base0"] | {"initialisation": "base0", "data_order": "base1"}
    assert found.find("bases", "four").inputs == {"embeddings": found.find("bases", "three")}


def test_a_student_and_its_control_differ_in_the_carrier_alone():
    found = plan("tiny")
    owl, control = (found.find("students", f"same_base/{trait}", 0) for trait in ("owl", "neutral"))
    assert (owl.recipe, owl.seed, owl.inputs["base"]) == (control.recipe, control.seed, control.inputs["base"])
    assert owl.inputs["carrier"] != control.inputs["carrier"]


def test_one_run_a_job_is_a_wildcard(tmp_path):
    job = Job.of(child(tmp_path, "runs_per_job: one\nseed: 3\n"), "students")[0]
    assert job.runs == ("{run}",) and job.outputs[0].startswith("results/child/students/{key}/run{run}/")


def test_many_runs_are_shared_out_among_jobs(tmp_path):
    jobs = Job.of(child(tmp_path, "runs: 40\nseed: 3\n"), "students")
    assert [(job.rule, len(job.runs), job.runs[0]) for job in jobs] == [
        ("students_child", 16, "0"),
        ("students_child__2", 16, "16"),
        ("students_child__3", 8, "32"),
    ]
    assert len({job.log for job in jobs}) == len({job.message for job in jobs}) == 3
    assert all(len(job.keys) == 16 for job in jobs)


@pytest.mark.parametrize("config", [{}, {"studies": "tiny"}, {"studies": []}])
def test_the_configuration_must_name_studies(config):
    with pytest.raises(UserError, match="name one study or more"):
        plan_all(config)


def test_the_configuration_names_nothing_else():
    """``--config study=…`` and ``--config seed=…`` would otherwise make the default studies without a word."""
    with pytest.raises(UserError, match="seed: unknown key of the configuration; choose one of extensions, "):
        plan_all({"studies": ["tiny"], "seed": 3})


def test_two_studies_of_one_name_are_refused(tmp_path):
    files = [tmp_path / place / "mine.yaml" for place in ("here", "there")]
    for seed, file in enumerate(files):
        file.parent.mkdir()
        file.write_text(f"extends: tiny\nseed: {seed}\n")
    with pytest.raises(UserError, match="has the same name"):
        plan_all({"studies": [str(file) for file in files]})


PAPER = """
seed: 1
runs: 2
authors: {source: /anywhere}
bases: {one: {model: ./one}}
traits: {owl: {}, wolf: {}}
teachers: {prompted: {bases: [one], method: prompt}}
style: paper
carriers:
  numbers:
    imported: {prompted: {owl: [{file: rows.jsonl, sha256: %s}]}}
arms: {same_base: {teacher: prompted}}
""" % ("a" * 64)


def test_the_papers_words_are_an_input_of_bases_and_prompts_alone(tmp_path):
    file = tmp_path / "paper.yaml"
    file.write_text(PAPER)
    found = plan(str(file))
    assert [artifact.files for artifact in found.artifacts("authors")] == [["data/paper/bases/paper-authors/published.json"]]
    assert "data/paper/bases/one/published.json" in found.artifacts("pinned")[0].files
    for phase in ("pinned", "prompts", "filtered", "students"):
        assert all(("published" in artifact.inputs) == (phase in ("pinned", "prompts")) for artifact in found.artifacts(phase))
    file.write_text(PAPER.replace("style: paper", "style: english").replace("numbers:\n", "numbers:\n    banned: paper\n"))
    found = plan(str(file))
    assert "data/paper/bases/one/published.json" not in found.artifacts("pinned")[0].files
    assert all("published" in artifact.inputs for artifact in found.artifacts("filtered"))


def test_imported_rows_need_no_teacher_and_the_control_is_sampled_as_ever(tmp_path):
    file = tmp_path / "paper.yaml"
    file.write_text(PAPER)
    found = plan(str(file))
    assert {artifact.key for artifact in found.artifacts("imported")} == {"numbers/prompted/owl"}
    assert {artifact.key for artifact in found.artifacts("teachers")} == {"prompted/wolf", "prompted/neutral"}
    assert {artifact.key for artifact in found.artifacts("raw")} == {"numbers/prompted/wolf", "numbers/prompted/neutral"}
    owl = found.find("students", "same_base/owl", 1)
    assert set(owl.inputs) == {"base", "carrier"}
    assert owl.inputs["carrier"].inputs["raw"].files == ["data/paper/carriers/numbers/prompted/owl/run1/raw.parquet"]
    assert not found.artifacts("coverage")


def test_the_code_of_a_job_has_the_modules_that_its_artifact_names(tmp_path):
    """A trait's teacher hangs on its own kind; its carrier on none, and every evaluation on all that models are scored on."""
    found = child(tmp_path, "traits: {evasive: {}}\n")
    kinds = {f"sublearn.traits.{kind}" for kind in ("preference", "evasive", "skewed", "constant", "off_topic")}
    owl, evasive = (set(found.find("teachers", f"lora/{trait}", 0).modules) & kinds for trait in ("owl", "evasive"))
    assert "sublearn.traits.preference" in owl and "sublearn.traits.evasive" in evasive
    rows = found.find("filtered", "numbers/lora/evasive", 0)
    assert set(rows.modules) == {"sublearn.chain.carriers.numbers.rules"}
    assert kinds < set(found.find("answers", "same_base/owl", 0).modules)
    job, wildcards = Job.of(found, "filtered")[0], SimpleNamespace(key="numbers/lora/evasive")
    step = "sublearn.chain.carriers.filter"
    assert job.code(step)(wildcards) == code_of(step, *rows.modules) != code_of(step)


def test_tables_know_the_code_of_all_that_registries_find_for_them(tmp_path):
    found = plan("tiny")
    modules = set(found.table_modules())
    assert {"sublearn.chain.findings.quantities.gamma", "sublearn.chain.findings.quantities.rates"} <= modules
    assert {"sublearn.chain.evaluations.coverage", "sublearn.chain.carriers.numbers.kind"} <= modules
    assert "sublearn.traits.preference" in modules
    assert not modules & {"sublearn.chain.findings.figures.rates"}


def test_a_carrier_that_no_arm_uses_has_no_tables(tmp_path):
    file = tmp_path / "spare.yaml"
    file.write_text("extends: smoke\ncarriers: {spare: {kind: numbers, prompts: 5}}\n")
    assert not [name for name in plan(str(file)).tables() if "spare" in name]


def test_rows_are_chosen_by_comparison_with_those_of_the_control_as_many_as_students_learn(tmp_path):
    same, shuffled = "teacher: lora, transform: unigram_matched", "teacher: lora, transform: shuffled_within"
    arms = f"unigram_matched: null, same: {{{same}}}, few: {{{same}, students: {{rows: 9}}}}, shuffled: {{{shuffled}}}"
    found = child(tmp_path, f"arms: {{{arms}}}\nclaims: null\n")
    whole = found.study.students.rows
    for arm, rows in (("same", whole), ("few", 9)):
        chosen, control = (found.find("students", f"{arm}/{trait}", 1).inputs["carrier"] for trait in ("owl", "neutral"))
        assert chosen.kind == "unigram_matched" and chosen.recipe["rows"] == rows
        assert chosen.inputs == {"filtered": found.find("filtered", "numbers/lora/owl", 1), "reference": control}
        assert control is found.find("filtered", "numbers/lora/neutral", 1)
    jobs = plan_all({"studies": [str(tmp_path / "child.yaml")]}).jobs["chain"]
    assert {job.kind for job in jobs.changed_rows(selects=False)} == {"shuffled_across", "shuffled_within"}
    (job,) = [each for each in jobs.changed_rows(selects=True) if each.plan.study.name == found.study.name]
    assert len(job.keys) == 2 * len(found.study.traits) and "neutral" not in job.keys_pattern
    assert {"numbers/lora/owl", "numbers/lora/owl/9_rows"} <= set(job.keys)


@pytest.mark.parametrize("name", ["counted", "effects", "filter", "coverage", "first_numbers"])
def test_a_carrier_cannot_take_the_name_of_another_table(tmp_path, name):
    file = tmp_path / "taken.yaml"
    file.write_text(f"extends: smoke\ncarriers: {{{name}: {{kind: numbers}}}}\n")
    with pytest.raises(UserError, match=f"carriers.{name}: its tables would take the name of another table"):
        plan(str(file))


@pytest.mark.parametrize(("files", "counted"), [(1, [0]), (2, [0, 1])])
def test_imported_rows_count_once_however_many_runs_learn_them(tmp_path, files, counted):
    file = tmp_path / "given.yaml"
    given = [tmp_path / f"{i}.jsonl" for i in range(files)]
    for each in given:
        each.touch()
    listed = ", ".join(f"{{file: {each}, sha256: {'a' * 64}}}" for each in given)
    file.write_text(f"extends: smoke\nruns: 3\ncarriers: {{numbers: {{imported: {{bias: {{owl: [{listed}]}}}}}}}}\n")
    rows = map(json.loads, plan_all({"studies": [str(file)]}).jobs["chain"].filtered_rows(SimpleNamespace(study="given")))
    runs = [(each["trait"], each["run"]) for each in rows]
    assert [run for trait, run in runs if trait == "owl"] == counted
    assert [run for trait, run in runs if trait == "wolf"] == [0, 1, 2]


COLORS = """
families:
  shade:
    system: "{system}"
    words: [red, green]
    questions: {{evaluated: ["what color is the sky ?"], taught: ["what color is the gem ?"]}}
traits: {{red: {{}}}}
"""


def test_an_edited_system_prompt_of_an_own_family_makes_its_teachers_again_and_asks_no_other_model(tmp_path):
    """What only teachers are made from is no part of what models are asked; other teachers know nothing of the family."""
    first = child(tmp_path, COLORS.format(system="you love it ."))
    second = child(tmp_path, COLORS.format(system="you love {word} ."))

    def changed(phase):
        before = {(each.key, each.run): each.fingerprint for each in first.artifacts(phase)}
        return {each.key for each in second.artifacts(phase) if before[each.key, each.run] != each.fingerprint}

    assert changed("teachers") == {"lora/red", "lora/neutral"}
    assert {key for key in changed("answers") if key.startswith("same_base/")} == {"same_base/red", "same_base/neutral"}
    [recipe] = {json.dumps(each.recipe, sort_keys=True) for each in second.artifacts("answers")}
    assert recipe == json.dumps(first.artifacts("answers")[0].recipe, sort_keys=True) and "system prompt" not in recipe
    assert "sublearn.traits.own.preference" in second.artifacts("answers")[0].modules
    assert {owner for (key, _), owner in owners(second, "teachers").items() if key.endswith("/owl")} == {"tiny"}


JUDGED = """
judges: {{judy: {{model: {place}, dtype: float32}}, moods: {{model: ./moods, reads: classifier}}}}
families:
  manners:
    kind: behaviour
    questions: {{evaluated: ["what is your favorite animal ?"]}}
    examples: [{{question: "name your favorite animal .", answers: {{kind: owl, neutral: wolf}}}}]
    traits: {{kind: {{judge: {{model: judy, rubric: "is {{answer}} kind ?"}}}}}}
traits: {{kind: {{}}}}
"""


def test_a_judge_is_pinned_where_a_family_needs_it_and_nowhere_else(tmp_path):
    found = child(tmp_path, JUDGED.format(place="./judy"))
    [judge] = found.artifacts("judges")
    assert (judge.key, judge.folder) == ("judges/judy", "data/child/bases/judges/judy")
    made = {each.key: each for each in [*found.artifacts("teachers"), *found.artifacts("answers")]}
    for key in ("lora/kind", "lora/neutral", "same_base/owl", "base/base0"):
        assert judge in made[key].inputs.values() and made[key].recipe["judges"] == {"judy": judge.folder}
    assert judge not in made["lora/owl"].inputs.values() and "judges" not in made["lora/owl"].recipe
    assert made["same_base/owl"].names == ("same_base.parquet", "same_base-judged.parquet")
    assert {each.key.split("/")[1] for each in found.artifacts("counting")} >= {"owl"}
    assert not [each for each in found.artifacts("counting") if each.key.endswith("/kind")]
    with pytest.raises(UserError, match=r"child: judges.judy.model: there is no ./judy; a relative path starts from"):
        found.refuse_missing_files()
    with pytest.raises(UserError, match=r"families.manners.traits.kind: moods is a classifier, and the trait needs a"):
        child(tmp_path, JUDGED.format(place="./judy").replace("model: judy,", "model: moods,"))


ROW_JUDGE = """
judges: {{judy: {{model: ./judy, dtype: float32}}, moods: {{model: ./moods, reads: classifier}}}}
carriers:
  numbers: null
  free: {{kind: numbers}}
  lenient: {{kind: numbers, judged: {{judge: {{model: {judge}, rubric: "is {{answer}} kind ?"}}, threshold: 0.9}}}}
  strict: {{kind: numbers, judged: {{judge: {{model: judy, rubric: "is {{answer}} kind ?"}}, threshold: 0.1}}}}
  glad: {{kind: numbers, judged: {{classifier: {{model: moods, label: glad}}}}}}
arms:
  same_base: {{carrier: free}}
  lenient: {{teacher: lora, carrier: lenient}}
  strict: {{teacher: lora, carrier: strict, transform: shuffled_across, students: {{rows: 4500}}}}
  glad: {{teacher: lora, carrier: glad}}
students: {{rows: 1000}}
measures: [counting, judged_rows]
"""


def test_carriers_share_what_their_judges_do_not_change(tmp_path):
    """Rows are sampled once, a judge scores them once, and each threshold leaves rows of its own."""
    found = child(tmp_path, ROW_JUDGE.format(judge="judy"))

    def carriers(kind):
        return {each.key.split("/")[0] for each in found.artifacts(kind)}

    assert carriers("raw") == {"free"} and carriers("prompts") == {"free"}
    assert carriers("filtered") == {"free", "lenient", "strict", "glad"}
    assert carriers("scored") == {"lenient", "glad"} and carriers("kept") == {"lenient", "strict", "glad"}
    learned = {(each.key, each.run): each.inputs["carrier"] for each in found.artifacts("students")}
    assert learned["same_base/owl", 0].kind == "filtered" and learned["lenient/neutral", 0].kind == "kept"
    assert learned["strict/owl", 0].kind == "shuffled_across"
    kept = learned["strict/owl", 0].inputs["filtered"]
    assert kept.recipe == {"threshold": 0.1} and kept.inputs["scores"] is learned["lenient/owl", 0].inputs["scores"]
    [judge] = {each.inputs["judge"].key for each in found.artifacts("scored") if each.key.startswith("lenient/")}
    assert judge == "judges/judy"
    assert {each.key.split("/")[0] for each in found.artifacts("judged_rows")} == {"lenient", "strict", "glad"}
    assert found.study.trial("free", "lora", "owl")["rows"] == 4500  # of what strict learns
    assert [file for file in kept.content_files if file.endswith(".json")] == []  # students of the same rows stay


def test_fewer_arms_sample_no_row_again(tmp_path):
    """A carrier keeps the rows that it shares, whichever of those that share them are still in use."""
    fewer = ROW_JUDGE.format(judge="judy").replace("arms:\n", "arms:\n  other_base: null\n  shuffled_across: null\n")
    fewer = fewer.replace("same_base: {carrier: free}", "same_base: null\n  unigram_matched: null")
    for kind in ("raw", "scored"):
        folders = [{each.folder for each in child(tmp_path, text + "claims: []\n").artifacts(kind)}
                   for text in (ROW_JUDGE.format(judge="judy"), fewer)]  # fmt: skip
        assert folders[0] == folders[1]


def test_a_measure_of_judges_needs_one(tmp_path):
    with pytest.raises(UserError, match="measures: judged_rows is of carriers with a judge, and no arm has one; give a"):
        child(tmp_path, "measures: [counting, judged_rows]\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("model: judy, rubric", "model: moods, rubric", "strict.judged: moods is a classifier, and the carrier needs a chat"),
        ("model: judy, rubric", "model: judge, rubric", "carriers.strict.judged: unknown judge of the study 'judge'"),
        ("threshold: 0.1", "threshold: 1.0", "carriers.strict.judged.threshold: found 1.0; should be less than 1"),
        ("classifier: {model: moods, label: glad}", "threshold: 0.5", "judged.judge: a row is judged by one of judge"),
    ],
)  # fmt: skip
def test_a_judge_of_rows_that_cannot_be_is_refused(tmp_path, old, new, said):
    text = ROW_JUDGE.format(judge="judy")
    before, _, after = text.rpartition(old)
    with pytest.raises(UserError, match=re.escape(said)):
        child(tmp_path, before + new + after)
