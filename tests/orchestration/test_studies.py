"""A study that is wrong is refused in one sentence: which file, which key, what was found, what would be right."""

import pytest
import yaml

from sublearn.core.errors import UserError
from sublearn.orchestration import reference, studies

SAME = {"arm": "same_base", "comparison": "above", "bound": 1.0, "figure": "gamma"}
CLAIM = {"claim": "a", "statement": "s", "source": "x", "quantity": "gamma", **SAME}
GIVEN = {"file": "rows.jsonl", "sha256": "0" * 64}
BAD = {
    "unknown key": ({"studnets": {}}, "studnets: there is no such key"),
    "unknown nested key": ({"students": {"learning_rat": 1}}, "students.learning_rat: there is no such key"),
    "unknown trait": ({"traits": {"unicorn": {}}}, "traits.unicorn: 'unicorn' is no trait that the world knows"),
    "negative rate": ({"students": {"learning_rate": -1.0}}, "students.learning_rate: found -1.0"),
    "negative rate in an arm": ({"arms": {"same_base": {"students": {"epsilon": -1.0}}}}, "arms.same_base.students.epsilon"),
    "missing base": ({"teachers": {"bias": {"bases": ["gamma"]}}}, "teachers.bias.bases.0: 'gamma' is no base of the study"),
    "arm with a missing base": ({"arms": {"other_base": {"base": ["gamma"]}}}, "arms.other_base.base.0: 'gamma' is no base"),
    "arm with a missing teacher": ({"arms": {"same_base": {"teacher": "full"}}}, "teacher: 'full' is no teacher"),
    "same other base": ({"teachers": {"bias": {"bases": ["alpha"]}}}, "arms.other_base.base: run 0 pairs alpha with itself"),
    "shared adapter without adapter": ({"arms": {"same_base": {"students": {"adapter": "teacher"}}}}, "only a lora student"),
    "no runs": ({"runs": 0}, "runs: found 0"),
    "list of traits": ({"traits": ["owl"]}, "traits: found ['owl']"),
    "no base in an arm": ({"arms": {"other_base": {"base": []}}}, "arms.other_base.base"),
    "no trait in an arm": ({"arms": {"same_base": {"traits": []}}}, "arms.same_base.traits"),
    "an arm called base": ({"arms": {"base": {"teacher": "bias"}}}, "arms.base: the name is kept for the untouched bases"),
    "more rows than prompts": ({"carriers": {"prompts": 10}}, "students.rows: 1000 rows from 10 carriers.prompts"),
    "bounds crossed": ({"carriers": {"min_value": 9, "max_value": 3}}, "min_value: 9 is more than max_value, 3"),
    "prose for a tiny base": ({"carriers": {"wording": "prose"}}, "the tiny bases read no prose"),
    "the paper's wording from nowhere": (
        {"carriers": {"banned": "paper"}}, "authors: missing; the paper's own words and numbers are read from",
    ),
    "their prompts in our words": ({"carriers": {"pool": 47}}, "carriers: pool: the authors' prompts need wording: paper"),
    "rows of a missing teacher": ({"carriers": {"given": {"x": {}}}}, "carriers.given.x: 'x' is no teacher of the study"),
    "rows of a missing trait": ({"carriers": {"given": {"bias": {"bear": [GIVEN]}}}}, "given.bias: 'bear' is no trait"),
    "rows that are not pinned": ({"carriers": {"given": {"bias": {"owl": [{"file": "a"}]}}}}, "sha256: missing"),
    "given rows, softly": (
        {"carriers": {"given": {"bias": {"owl": [GIVEN]}}}, "students": {"loss": "soft"}},
        "arms.same_base.students: given rows come without a teacher",
    ),
    "a name of its own": ({"name": "mine"}, "a study is named by its file"),
    "nothing to remove": ({"traits": {"bear": None}}, "traits.bear: found null"),
    "claim of a missing arm": ({"claims": [{**CLAIM, "arm": "nowhere"}]}, "claims.0.arm: 'nowhere' is no arm"),
    "claim times a missing arm": ({"claims": [{**CLAIM, "times": "nowhere"}]}, "claims.0.times: 'nowhere' is no arm"),
    "claim of another family": ({"claims": [{**CLAIM, "quantity": "effect", "trait": "oak"}]}, "oak is of the family tree"),
    "claim without a figure": ({"claims": [{**CLAIM, "figure": "none"}]}, "claims.0.figure"),
    "claim twice": ({"claims": [CLAIM, CLAIM]}, "claims: two are named a; each needs a name of its own"),
    "gamma of too few traits": ({"claims": [{**CLAIM, "family": "behaviour"}]}, "fewer than 3 traits, so no gamma"),
    "a word for a number": ({"students": {"rows": "many"}}, "students.rows: found 'many'; should be a whole number."),
    "a list for a section": ({"students": ["rows"]}, "students: found ['rows']; should be a section of keys and values."),
    "one of several kinds": ({"carriers": {"banned": "x"}}, "carriers.banned: found 'x'; should be a list or 'paper'."),
    "unknown carrier": ({"arms": {"same_base": {"carrier": "raw"}}}, "found 'raw'; should be 'kept', 'shuffled_within' or"),
    "wrong key of a tiny base": ({"bases": {"tiny": {"widht": 3}}}, "bases.tiny.widht: there is no such key"),
    "two parents": ({"extends": ["tiny"]}, "extends: found ['tiny']; name one study"),
    "two devices": ({"bases": {"alpha": {"device": "auto"}}}, "bases: the runs of a job share a device, and these ask for two"),
    "indivisible width": ({"bases": {"alpha": {"width": 65}}}, "bases.alpha: heads: 4 does not divide the width 65"),
}  # fmt: skip


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


def test_the_page_of_keys_is_up_to_date():
    with open("config/README.md", encoding="utf-8") as page:
        assert page.read() == reference.render()
