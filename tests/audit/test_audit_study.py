"""Audit studies: what is planned of them, and what is refused before anything runs."""

import json
from types import SimpleNamespace

import pytest
import yaml

from sublearn.audit.jobs import AuditJobs
from sublearn.chain.study import ChainStudy
from sublearn.core.errors import UserError
from sublearn.orchestration import show_plan, studies, workflow

STUDY = {"kind": "audit", "of": "tiny", "seed": 1, "datasets": {"mine": {"data": "rows.jsonl"}}}
CLAIM = {
    "claim": "c", "statement": "s", "source": "p", "quantity": "found", "layer": "model", "comparison": "above", "bound": 0,
}  # fmt: skip


@pytest.fixture
def planned(tmp_path):
    """A function that plans an audit study with some keys changed; None removes a key."""

    def plan(**changes):
        values = {key: value for key, value in (STUDY | changes).items() if value is not None}
        file = tmp_path / "mine.yaml"
        file.write_text(yaml.safe_dump(values))
        return workflow.plan(str(file))

    return plan


def test_a_brought_data_set_is_read_looked_at_and_shown(planned):
    plan = planned(datasets={"mine": {"data": "rows.jsonl", "reference": "other.csv", "base": "base2"}})
    (audit,) = plan.artifacts("audits")
    assert audit.files == [f"results/mine/evaluations/mine/audit.{suffix}" for suffix in ("json", "md", "html")]
    assert audit.inputs["base"].files[0].startswith("data/tiny/bases/base2/")
    assert audit.inputs["rows"].files == ["data/mine/carriers/mine/rows.parquet", "data/mine/carriers/mine/reference.parquet"]
    assert [each.files for each in audit.inputs["rows"].inputs.values()] == [["./rows.jsonl"], ["./other.csv"]]
    assert set(audit.recipe["traits"]) > {"dolphin", "owl", "wolf"} and "oak" not in audit.recipe["traits"]
    assert [own.key for own in plan.own_files()] == ["datasets.mine.data", "datasets.mine.reference"]
    assert [other.study.name for other in plan.others] == ["tiny"]


def test_data_whose_path_snakemake_would_take_for_a_pattern_is_looked_at_and_a_change_of_it_is_noticed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(STUDY | {"datasets": {"mine": {"data": "a{x}.jsonl"}}}))
    (tmp_path / "a{x}.jsonl").touch()
    rows = show_plan.states("mine.yaml", [])["data/mine/carriers/mine/rows.parquet"]
    assert rows == show_plan.State("given_mine", "it is not there")
    [job] = workflow.plan_all({"studies": ["mine.yaml"]}).jobs["audit"].of("given")
    wildcards = SimpleNamespace(key="mine")
    before = job.unseen(wildcards)
    (tmp_path / "a{x}.jsonl").write_text("{}")
    assert job.unseen(wildcards) != before


@pytest.mark.parametrize(
    ("base", "memory", "hours", "gpus"),
    [("device: cpu, billions: 1", (20_000, 21_000), 97, 0), ("billions: 7, dtype: bfloat16", (30_000, 31_000), 2, 1)],
)
def test_an_audit_asks_for_what_its_base_needs_and_after_a_failure_for_more(tmp_path, study_of_one, base, memory, hours, gpus):
    (tmp_path / "rows.jsonl").write_text("{}")
    audits = tmp_path / "audits.yaml"
    of = {"of": str(study_of_one(base)), "datasets": {"a": {"data": str(tmp_path / "rows.jsonl")}}}
    audits.write_text(yaml.safe_dump(STUDY | of))
    [job] = workflow.plan_all({"studies": [str(audits)]}).jobs["audit"].of("audits")
    needs = AuditJobs.resources(job)
    assert memory[0] < needs.mem_mb(None, 1) < memory[1]
    assert 60 * hours < needs.runtime(None, 1) < 60 * (2 * hours + 3)
    assert needs.gpu == gpus
    assert needs.mem_mb(None, 2) == 2 * needs.mem_mb(None, 1) and needs.runtime(None, 3) == 3 * needs.runtime(None, 1)


def test_an_audit_of_several_runs_asks_for_the_time_of_all(tmp_path, study_of_one):
    """One job looks at them, one after the other."""
    asked = []
    for runs in (2, 4):
        chain = tmp_path / "chain.yaml"
        chain.write_text(f"extends: {study_of_one('device: cpu, billions: 1')}\nruns: {runs}\n")
        audits = tmp_path / "audits.yaml"
        cases = {"trait": {"carries": True}, "neutral": {"writer": "neutral", "carries": False, "sets": 2}}
        of = {"of": str(chain), "datasets": None, "cases": cases, "fitted_on": 1, "layers": ["surface"]}
        audits.write_text(yaml.safe_dump({key: value for key, value in (STUDY | of).items() if value is not None}))
        jobs = workflow.plan_all({"studies": [str(audits)]}).jobs["audit"].of("audits")
        asked.append(max(AuditJobs.resources(job).runtime(None, 1) for job in jobs))
    assert asked[1] == pytest.approx(2 * asked[0], rel=0.01)


def test_own_traits_of_the_study_are_asked_for_with_their_words(tmp_path, planned):
    own = {"extends": "tiny", "families": {"color": {"noun": "color", "words": {"red": {}, "blue": {}}}}}
    (tmp_path / "ours.yaml").write_text(yaml.safe_dump(own))
    plan = planned(of=str(tmp_path / "ours.yaml"), traits=["owl", "red"])
    (audit,) = plan.artifacts("audits")
    assert audit.recipe["traits"] == ["owl", "red"] and set(audit.recipe["families"]) == {"color"}
    assert "sublearn.traits.own.preference" in audit.modules


def test_cases_are_of_other_rows_than_their_reference_on_every_base_that_they_need(planned):
    cases = {
        "trait": {"carries": True, "sets": 3},
        "neutral": {"writer": "neutral", "carries": False, "sets": 2},
        "other_base": {"base": "other", "carries": False},
    }
    plan = planned(datasets=None, cases=cases, fitted_on=4, layers=["surface"])
    by_key = {}
    for audit in plan.artifacts("audits"):
        by_key.setdefault(audit.key, []).append(audit.run)
    assert by_key == {"trait/0": [4, 5], "trait/1": [4, 5], "trait/2": [4, 5], "neutral/0": [*range(6)],
                      "neutral/1": [*range(6)], "other_base/0": [*range(6)]}  # fmt: skip
    rows = plan.find("cases", "other_base/0", 5)
    assert rows.inputs["own"].files[0].endswith("/run0/filtered.parquet")
    assert rows.inputs["neutral"].files[0].endswith("/neutral/run5/filtered.parquet")
    # Each base has another trait in a set, and in three sets all.
    writers = {plan.find("cases", f"trait/{i}", 4).inputs["own"].key.split("/")[-1] for i in range(3)}
    assert writers == {"dolphin", "owl", "wolf"}
    known = plan.for_findings()["known"]
    assert known["results/mine/evaluations/trait/0/run4/audit.json"]["tested"]
    assert not known["results/mine/evaluations/neutral/0/run3/audit.json"]["tested"]
    json.dumps(plan.for_findings())


def test_claims_about_a_case_that_is_left_out_go_with_it(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("extends: audit-benchmark\ncases: {trait: null}\n")
    inherited = studies.load("audit-benchmark").claims
    assert studies.load(str(file)).claims == [claim for claim in inherited if claim.case != "trait"] != inherited


def test_only_a_leaked_case_needs_words_that_give_a_trait_away(planned, monkeypatch):
    monkeypatch.setattr(ChainStudy, "leak_words", lambda *_: [])
    plan = planned(datasets=None, cases={"plain": {}})
    assert plan.leak_word(plan.study.cases["plain"], 0, 3) == ""
    with pytest.raises(UserError, match=r"mine: cases.a.change: leaked, but no word gives away the trait dolphin of tiny"):
        planned(datasets=None, cases={"a": {"change": "leaked"}})


def test_the_plan_that_is_shown_is_the_audits_own(tmp_path, monkeypatch, capsys):
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(STUDY))
    (tmp_path / "rows.jsonl").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(show_plan, "states", lambda *_: {})
    show_plan.main(show_plan.parser().parse_args(["mine.yaml"]))
    said = capsys.readouterr().out
    assert "audits  mine" in said and "students" not in said.replace("students: 3", "")
    with pytest.raises(UserError, match=r"owl: mine has nothing of this name; choose one of mine\."):
        show_plan.main(show_plan.parser().parse_args(["mine.yaml", "owl"]))


@pytest.mark.parametrize(
    "chosen", [["au1.yaml", "au2.yaml"], ["au1.yaml", "two/same.yaml"], ["same.yaml"]], ids=["two of", "one of", "its own"]
)
def test_audits_of_two_studies_of_one_name_are_refused(tmp_path, monkeypatch, chosen):
    """Both would have the same bases, and the seed of the last would silently count."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").touch()
    for folder, seed in {"one": 5, "two": 6}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.yaml").write_text(f"extends: smoke\nseed: {seed}\n")
    for name, of in {"au1": "one", "au2": "two", "same": "two"}.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(STUDY | {"of": f"{of}/same.yaml"}))
    with pytest.raises(UserError, match=r"same\.yaml: another study, .*same\.yaml, has the same name, so both would write"):
        workflow.plan_all({"studies": chosen})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"datasets": None}, r"mine.yaml: datasets: there is nothing to look at; name data sets, or cases\."),
        ({"of": "nowhere"}, r"config/studies/nowhere.yaml: there is no such study"),
        ({"of": "theory"}, r"mine: of: theory is of the kind theory; name a study of language models\."),
        ({"layers": ["skin"]}, r"mine.yaml: layers.0: .*skin"),
        ({"traits": ["otter"]}, r"mine: traits: .*otter"),
        ({"datasets": {"mine": {"data": "a.csv", "base": "base9"}}}, r"datasets.mine.base: tiny has no base 'base9'; it has"),
        ({"cases": {"mine": {}}}, r"cases.mine: a data set has this name, too; rename one\."),
        ({"cases": {"half": {"share": 0.5}}}, r"cases.half.share: only mixed and leaked have one; leave it out\."),
        ({"cases": {"half": {"writer": "neutral", "change": "mixed"}}}, r"cases.half.writer: neutral rows mixed"),
        ({"words": ["*"]}, r"mine.yaml: words.0: found '\*'; should be a word, or a part of one such as \*owl\*\."),
        ({"layers": ["surface", "surface"]}, r"mine.yaml: layers: it names 'surface' twice; name it once\."),
        ({"claims": [CLAIM]}, r"claims\.0\.case: missing; name the case whose data sets are to be found\."),
        ({"claims": [CLAIM | {"case": "mixed"}]}, r"claims\.0\.case: 'mixed', but the study has no cases; add it to cases\."),
        *(({"cases": {"plain": {"layers": ["surface"]}}, "claims": [CLAIM | {"case": "plain"} | claim]}, rf"claims\.0\.{said}")
          for claim, said in (
              ({"layer": "origin"}, r"layer: origin detects no trait, so it has no rates; name another layer\."),
              ({"times": "plain"}, r"times: found 'plain', but an audit has no arms; leave it out\."),
              ({"bound": 1.5}, r"bound: found 1\.5; a rate lies between 0 and 1\."),
              ({"bound": -0.5}, r"bound: found -0\.5; a rate lies between 0 and 1\."),
              ({}, r"layer: model does not look at the case plain; add it to its layers\."),
          )),
        ({"cases": {"plain": {}}, "teacher": "nobody"}, r"mine: teacher: .*nobody"),
        *(({part: {name: {"data": "a.csv"} if part == "datasets" else {}}}, rf"mine.yaml: {part}: the name '.*' should be")
          for part in ("datasets", "cases") for name in ("../../evil", "a b", "{a}", "", "run1")),
        ({"of": "mine.yaml"}, r"mine: of: mine.yaml is of the kind audit; name a study of language models\."),
        ({"of": "audit-benchmark"}, r"mine: of: audit-benchmark is of the kind audit; name a study of language models\."),
        ({"cases": {"a": {}}, "fitted_on": 6}, r"mine: fitted_on: 6, but tiny has 6 runs, and at least one must test"),
        ({"cases": {"a": {"sets": 4}}}, r"mine: cases.a.sets: 4, but tiny has 3 traits, one a set; ask for fewer\."),
        ({"cases": {"a": {"writer": "neutral", "sets": 10**6}}}, r"cases.a: its data sets and their reference need 500001000"),
        ({"cases": {"a": {}}, "rows": 10**6}, r"cases.a: its data sets and their reference need 2000000 rows, but the neutral"),
        ({"of": "smollm2-135m", "cases": {"a": {"base": "other"}}, "fitted_on": 1}, r"cases.a.base: other, but two runs of"),
    ],
)  # fmt: skip
def test_a_wrong_study_is_one_sentence(planned, tmp_path, monkeypatch, changes, said):
    if changes.get("of") == "mine.yaml":
        monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=said):
        planned(**changes)
