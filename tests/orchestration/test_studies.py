"""A study that is wrong is refused in one sentence: which file, which key, what was found, what would be right."""

import pytest
import yaml

from sublearn.core.errors import UserError
from sublearn.orchestration import reference, studies

SAME = {"arm": "same_base", "comparison": "above", "bound": 1.0, "figure": "gamma"}
CLAIM = {"claim": "a", "statement": "s", "source": "x", "quantity": "gamma", **SAME}
IMPORTED = {"file": "rows.jsonl", "sha256": "0" * 64}
BAD = {
    "unknown key": ({"studnets": {}}, "studnets: there is no such key"),
    "unknown nested key": ({"students": {"learning_rat": 1}}, "students.learning_rat: there is no such key"),
    "unknown trait": ({"traits": {"unicorn": {}}}, "traits.unicorn: unknown trait 'unicorn'; choose one of bear, birch, "),
    "negative rate": ({"students": {"learning_rate": -1.0}}, "students.learning_rate: found -1.0"),
    "negative rate in an arm": ({"arms": {"same_base": {"students": {"epsilon": -1.0}}}}, "arms.same_base.students.epsilon"),
    "missing base": (
        {"teachers": {"bias": {"bases": ["gamma"]}}},
        "teachers.bias.bases.0: unknown base of the study 'gamma'; choose one of alpha, ",
    ),
    "arm with a missing base": (
        {"arms": {"other_base": {"base": ["gamma"]}}},
        "arms.other_base.base.0: unknown base of the study 'gamma'",
    ),
    "arm with a missing teacher": (
        {"arms": {"same_base": {"teacher": "full"}}},
        "arms.same_base.teacher: unknown teacher of the study 'full'; choose one of bias",
    ),
    "same other base": ({"teachers": {"bias": {"bases": ["alpha"]}}}, "arms.other_base.base: run 0 pairs alpha with itself"),
    "shared adapter without adapter": ({"arms": {"same_base": {"students": {"adapter": "teacher"}}}}, "only a lora student"),
    "no runs": ({"runs": 0}, "runs: found 0"),
    "list of traits": ({"traits": ["owl"]}, "traits: found ['owl']"),
    "no base in an arm": ({"arms": {"other_base": {"base": []}}}, "arms.other_base.base"),
    "no trait in an arm": ({"arms": {"same_base": {"traits": []}}}, "arms.same_base.traits"),
    "an arm called base": ({"arms": {"base": {"teacher": "bias"}}}, "arms.base: the name is kept for the untouched bases"),
    "more rows than prompts": (
        {"carriers": {"numbers": {"prompts": 10}}},
        "students.rows: 1000 rows from 10 carriers.numbers.prompts",
    ),
    "bounds crossed": (
        {"carriers": {"numbers": {"min_value": 9, "max_value": 3}}},
        "carriers.numbers.min_value: 9 is more than max_value, 3",
    ),
    "English for a tiny base": ({"style": "english"}, "style: the tiny bases read no English (bases.alpha); use mini"),
    "unknown style": ({"style": "prose"}, "style: unknown prompt style 'prose'; choose one of english, mini, paper."),
    "the paper's words from nowhere": (
        {"carriers": {"numbers": {"banned": "paper"}}},
        "authors: missing; the paper's own words and numbers are read from",
    ),
    "their prompts in our words": (
        {"carriers": {"numbers": {"pool": 47}}},
        "carriers.numbers.pool: the authors' prompts need style: paper, not mini",
    ),
    "rows of a missing teacher": (
        {"carriers": {"numbers": {"imported": {"x": {}}}}},
        "carriers.numbers.imported.x: unknown teacher of the study 'x'",
    ),
    "rows of a missing trait": (
        {"carriers": {"numbers": {"imported": {"bias": {"bear": [IMPORTED]}}}}},
        "carriers.numbers.imported.bias: unknown trait of the study 'bear'",
    ),
    "rows that are not pinned": (
        {"carriers": {"numbers": {"imported": {"bias": {"owl": [{"file": "a"}]}}}}},
        "sha256: missing",
    ),
    "imported rows, softly": (
        {"carriers": {"numbers": {"imported": {"bias": {"owl": [IMPORTED]}}}}, "students": {"loss": "soft"}},
        "arms.same_base.students: imported rows come without a teacher",
    ),
    "a name of its own": ({"name": "mine"}, "a study is named by its file"),
    "nothing to remove": ({"traits": {"bear": None}}, "traits.bear: found null"),
    "claim of a missing arm": ({"claims": [{**CLAIM, "arm": "nowhere"}]}, "claims.0.arm: unknown arm of the study 'nowhere'"),
    "claim times a missing arm": (
        {"claims": [{**CLAIM, "times": "nowhere"}]},
        "claims.0.times: unknown arm of the study 'nowhere'",
    ),
    "claim of another family": ({"claims": [{**CLAIM, "quantity": "effect", "trait": "oak"}]}, "oak is of the family tree"),
    "claim without a figure": ({"claims": [{**CLAIM, "figure": "none"}]}, "claims.0.figure: unknown figure 'none'"),
    "claim of an unknown quantity": (
        {"claims": [{**CLAIM, "quantity": "luck"}]},
        "claims.0.quantity: unknown claim quantity 'luck'; choose one of base_rate, ",
    ),
    "claim of an unknown family": (
        {"claims": [{**CLAIM, "family": "stone"}]},
        "claims.0.family: unknown family of traits 'stone'",
    ),
    "unknown measure": ({"measures": ["luck"]}, "measures.0: unknown evaluation 'luck'; choose one of answers, coverage."),
    "claim twice": ({"claims": [CLAIM, CLAIM]}, "claims: two are named a; each needs a name of its own"),
    "gamma of too few traits": ({"claims": [{**CLAIM, "family": "behaviour"}]}, "fewer than 3 traits, so no gamma"),
    "a word for a number": ({"students": {"rows": "many"}}, "students.rows: found 'many'; should be a whole number."),
    "a list for a section": ({"students": ["rows"]}, "students: found ['rows']; should be a section of keys and values."),
    "one of several kinds": (
        {"carriers": {"numbers": {"banned": "x"}}},
        "carriers.numbers.banned: found 'x'; should be a list or 'paper'.",
    ),
    "unknown carrier": (
        {"arms": {"same_base": {"carrier": "raw"}}},
        "arms.same_base.carrier: unknown carrier of the study 'raw'; choose one of numbers.",
    ),
    "unknown transform": (
        {"arms": {"same_base": {"transform": "sorted"}}},
        "arms.same_base.transform: unknown transform of numbers 'sorted'; choose one of shuffled_across, shuffled_within.",
    ),
    "unknown carrier kind": (
        {"carriers": {"numbers": {"kind": "songs"}}},
        "carriers.numbers.kind: unknown carrier kind 'songs'; choose one of numbers.",
    ),
    "wrong key of a tiny base": ({"bases": {"tiny": {"widht": 3}}}, "bases.tiny.widht: there is no such key"),
    "two parents": ({"extends": ["tiny"]}, "extends: found ['tiny']; name one study"),
    "two devices": ({"bases": {"alpha": {"device": "auto"}}}, "bases: the runs of a job share a device, and these ask for two"),
    "indivisible width": ({"bases": {"alpha": {"width": 65}}}, "bases.alpha: heads: 4 does not divide the width 65"),
}


@pytest.mark.parametrize("change, sentence", BAD.values(), ids=BAD)
def test_a_wrong_study_is_refused_in_one_sentence(tmp_path, change, sentence):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"extends": "tiny", **change}))
    with pytest.raises(UserError) as caught:
        studies.load(str(file))
    said = str(caught.value)
    assert said.startswith(f"{file}: ") and sentence in said and "\n" not in said


def test_unreadable_yaml_is_named_with_its_line(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("extends: tiny\nruns: [4\n")
    with pytest.raises(UserError, match=rf"{file}, line 3: not readable as YAML"):
        studies.load(str(file))


def test_a_key_given_twice_is_refused(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("extends: tiny\nseed: 1\nseed: 2\n")
    with pytest.raises(UserError, match=r"line 2: .*the key 'seed' is there twice"):
        studies.load(str(file))


def test_a_missing_study_is_told_which_there_are():
    with pytest.raises(UserError, match=r"no such study; config/studies holds .*smoke, .*tiny"):
        studies.load("tinny")


def test_a_study_that_extends_itself_is_refused(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {file}\n")
    with pytest.raises(UserError, match="extends itself"):
        studies.load(str(file))


def test_merging_adds_replaces_and_removes(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("extends: tiny\nseed: 5\ntraits: {owl: {steps: 80}, wolf: null, oak: {}}\n")
    mine, tiny = studies.load(str(file)), studies.load("tiny")
    assert set(mine.traits) == set(tiny.traits) - {"wolf"} | {"oak"}
    assert (mine.seed, mine.traits["owl"].steps, mine.runs) == (5, 80, tiny.runs)


@pytest.mark.parametrize("name", sorted(path.stem for path in studies.STUDIES.glob("*.yaml")))
def test_every_shipped_study_is_valid(name):
    assert studies.load(name).name == name


TAKEN = {
    "small": "another study, config/studies/small.yaml, has the same name",
    "seed-201": "another study, config/studies/robustness/seed-201.yaml, has the same name",
    "store": "data, results or logs hold something else called 'store'; rename the study.",
    "robustness": "data, results or logs hold something else",
}


@pytest.mark.parametrize(("name", "sentence"), TAKEN.items(), ids=TAKEN)
def test_a_name_whose_files_belong_to_another_is_refused(tmp_path, name, sentence):
    file = tmp_path / f"{name}.yaml"
    file.write_text("extends: smoke\nseed: 11\n")
    with pytest.raises(UserError, match=f"{file}: {sentence}"):
        studies.load(str(file))


def test_a_shipped_study_may_be_changed_where_the_user_works(tmp_path, monkeypatch):
    """In the clone itself, or in a working folder that has the clone's configuration."""
    shipped = studies.find("theory").read_text()
    monkeypatch.chdir(tmp_path)
    (tmp_path / studies.STUDIES).mkdir(parents=True)
    (tmp_path / studies.STUDIES / "theory.yaml").write_text(shipped.replace("seed: ", "seed: 5"))
    assert str(studies.load("theory").seed).startswith("5")


def test_the_page_of_keys_is_up_to_date():
    with open("config/README.md", encoding="utf-8") as page:
        assert page.read() == reference.render()
