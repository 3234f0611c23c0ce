"""A study that is wrong is refused in one sentence: which file, which key, what was found, what would be right."""

import copy
import functools
import operator
import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sublearn.core.errors import UserError
from sublearn.orchestration import reference, studies, workflow

SAME = {"arm": "same_base", "comparison": "above", "bound": 1.0, "figure": "gamma"}
CLAIM = {"claim": "a", "statement": "s", "source": "x", "quantity": "gamma", **SAME}
IMPORTED = {"file": "rows.jsonl", "sha256": "0" * 64}
BAD = {
    "unknown key": ({"studnets": {}}, "studnets: there is no such key; students is the nearest."),
    "unknown key, like none of many": (
        {"students": {"zzz": 1}},
        "students.zzz: there is no such key; see config/README.md for those there are.",
    ),
    "unknown key, like none of a few": (
        {"arms": {"same_base": {"zzz": 1}}},
        "arms.same_base.zzz: there is no such key; choose one of teacher, base, carrier, transform, students, evaluations, "
        "traits, meaning.",
    ),
    "unknown key of two lines": ({"stud\nnets": {}}, "stud nets: there is no such key; students is the nearest."),
    "claim without what it needs of a registry": (
        {"claims": [{key: value for key, value in CLAIM.items() if key != "figure"}]},
        "claims.0.figure: missing; choose one of base_matrix, behaviours, ",
    ),
    "unknown trait": ({"traits": {"unicorn": {}}}, "traits.unicorn: unknown trait 'unicorn'; choose one of bear, birch, "),
    "unknown trait, and the way on": (
        {"traits": {"unicorn": {}}},
        ", willow, wolf, wrong_colors, or declare it in families (docs/extending.md).",
    ),
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
    "a derangement of one base": (
        {"teachers": {"bias": {"bases": ["alpha"]}}},
        "arms.other_base.base: other, but the teacher bias has no base other than alpha; add one to teachers.bias.bases",
    ),
    "same other base": (
        {"runs": 3, "teachers": {"bias": {"bases": ["alpha", "beta", "alpha"]}}},
        "arms.other_base.base: run 2 pairs alpha with itself: its teacher starts from it too; order the bases",
    ),
    "arms of different traits compared": (
        {
            "traits": {"dolphin": {}},
            "arms": {
                "same_base": {"traits": ["dolphin", "elephant", "owl"]},
                "other_base": {"traits": ["dolphin", "owl", "wolf"]},
            },
            "claims": [{**CLAIM, "arm": "other_base", "times": "same_base"}],
        },
        "claims.0.times: other_base and same_base are compared on the traits that both have, 2 of the family animal "
        "(owl, dolphin); gamma needs 3, so give both arms the same traits",
    ),
    "a p value judged by an interval": (
        {
            "claims": [
                {
                    "claim": "c",
                    "statement": "s",
                    "source": "p",
                    "quantity": "null_p",
                    "arm": "other_base",
                    "comparison": "above",
                    "bound": 0.05,
                    "figure": "gamma",
                }
            ]
        },
        "claims.0.judge: null_p has no interval; use judge: mean",
    ),
    "a placebo of nothing": ({"teachers": {"calm": {"placebo": "random"}}}, "teachers.calm.of: missing; name the teacher"),
    "a placebo of a missing teacher": (
        {"teachers": {"calm": {"placebo": "random", "of": "full", "bases": ["alpha"]}}},
        "teachers.calm.of: unknown teacher of the study 'full'; choose one of bias",
    ),
    "a placebo of itself": (
        {"teachers": {"calm": {"placebo": "random", "of": "calm"}}},
        "teachers.calm.of: calm is a placebo itself; name a teacher that has its trait.",
    ),
    "a placebo of a placebo": (
        {"teachers": {"calm": {"placebo": "random", "of": "bias"}, "calmer": {"placebo": "random", "of": "calm"}}},
        "teachers.calmer.of: calm is a placebo itself; name a teacher that has its trait.",
    ),
    "a placebo of a prompted teacher": (
        {"teachers": {"told": {"method": "prompt", "bases": ["alpha"]}, "calm": {"placebo": "random", "of": "told"}}},
        "teachers.calm.method: a prompted teacher does not move, so it has no placebo; use bitfit, lora or full",
    ),
    "a placebo that moves, of a teacher that does not": (
        {
            "teachers": {
                "told": {"method": "prompt", "bases": ["alpha"]},
                "calm": {"placebo": "random", "of": "told", "method": "lora"},
            }
        },
        "teachers.calm.of: told is prompted and does not move, so it has no placebo; name another teacher",
    ),
    "a placebo on another base": (
        {"teachers": {"calm": {"placebo": "balanced", "of": "bias", "bases": ["alpha"]}}},
        "teachers.calm.bases: alpha, but bias has alpha, beta; leave bases out.",
    ),
    "a placebo that moves other weights": (
        {"teachers": {"calm": {"placebo": "balanced", "of": "bias", "frozen_blocks": 0}}},
        "teachers.calm.frozen_blocks: 0, but bias has 1, and both must move the same weights.",
    ),
    "a teacher of another": ({"teachers": {"bias": {"of": "bias"}}}, "teachers.bias.of: only a placebo names another teacher"),
    "a random placebo with steps": (
        {"teachers": {"calm": {"placebo": "random", "of": "bias", "max_steps": 3}}},
        "teachers.calm.max_steps: only a balanced placebo has such a limit; leave it out",
    ),
    "embeddings of a missing base": (
        {"bases": {"beta": {"embeddings": "gamma"}}},
        "bases.beta.embeddings: unknown base of the study 'gamma'; choose one of alpha, beta",
    ),
    "an initialisation of its own": (
        {"bases": {"beta": {"initialisation": "beta"}}},
        "bases.beta.initialisation: the names lead back to beta (beta, beta); name another base.",
    ),
    "embeddings in a circle": (
        {"bases": {"alpha": {"embeddings": "beta"}, "beta": {"embeddings": "alpha"}}},
        "bases.alpha.embeddings: the names lead back to alpha (alpha, beta, alpha); name another base.",
    ),
    "embeddings of another shape": (
        {"bases": {"beta": {"embeddings": "alpha", "width": 64}}},
        "bases.beta.embeddings: beta and alpha differ in shape; give them one width, layers, heads and context.",
    ),
    "a placebo of a list": (
        {"teachers": {"calm": {"placebo": "random", "of": ["bias"]}}},
        "teachers.calm.of: unknown teacher of the study '['bias']'; choose one of bias",
    ),
    "a placebo of a missing teacher, and no bases": (
        {"teachers": {"calm": {"placebo": "random", "of": "full"}}},
        "teachers.calm.of: unknown teacher of the study 'full'; choose one of bias",
    ),
    "the order of other parts of batches": (
        {"bases": {"beta": {"data_order": "alpha", "micro_batch": 32}}},
        "bases.beta.data_order: micro_batch is 32, but alpha has 16; set the same.",
    ),
    "the first weights of another spread": (
        {"bases": {"beta": {"initialisation": "alpha", "initializer_range": 0.02}}},
        "bases.beta.initialisation: initializer_range is 0.02, but alpha has 0.06; set the same.",
    ),
    "a selection of nearly all rows": (
        {"arms": {"matched": {"teacher": "bias", "transform": "unigram_matched", "students": {"rows": 290}}}},
        "arms.matched.students.rows: 290 rows chosen from 300 carriers.numbers.prompts leave little choice; ask for at least "
        "348 prompts",
    ),
    "the order of other batches": (
        {"bases": {"beta": {"data_order": "alpha", "batch": 32}}},
        "bases.beta.data_order: batches of 32, but alpha has 64; set the same batch.",
    ),
    "shared adapter without adapter": ({"arms": {"same_base": {"students": {"adapter": "teacher"}}}}, "only a lora student"),
    "a student that never warms up": (
        {"students": {"warmup": 1000}},
        "students.warmup: 1000 warm-up steps, but a student makes ",
    ),
    "a teacher of which nothing moves": (
        {"teachers": {"bias": {"frozen_blocks": 3}}},
        "teachers.bias.frozen_blocks: 3, but alpha has 2 blocks; freeze fewer.",
    ),
    "students of which nothing moves": (
        {"students": {"frozen_blocks": 3}},
        "mine.yaml: students.frozen_blocks: 3, but alpha has 2 blocks; freeze fewer.",
    ),
    "students of an arm of which nothing moves": (
        {"arms": {"other_base": {"students": {"frozen_blocks": 3}}}},
        "arms.other_base.students.frozen_blocks: 3, but beta has 2 blocks; freeze fewer.",
    ),
    "no runs": ({"runs": 0}, "runs: found 0"),
    "list of traits": ({"traits": ["owl"]}, "traits: found ['owl']"),
    "no base in an arm": ({"arms": {"other_base": {"base": []}}}, "arms.other_base.base"),
    "no trait in an arm": ({"arms": {"same_base": {"traits": []}}}, "arms.same_base.traits"),
    "an arm called base": ({"arms": {"base": {"teacher": "bias"}}}, "arms.base: the name is kept for the untouched bases"),
    "more rows than prompts": (
        {"carriers": {"numbers": {"prompts": 10}}},
        "students.rows: 30 rows from 10 carriers.numbers.prompts",
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
    "unknown measure": (
        {"measures": ["luck"]},
        "measures.0: unknown evaluation 'luck'; choose one of answers, counting, coverage, dose, forms, in_context, "
        "judged_rows, side_effects, told_apart.",
    ),
    "claim on what is not measured": (
        {"claims": [{**CLAIM, "quantity": "counted_gamma"}]},
        "claims.0.quantity: counted_gamma needs the evaluation counting; add it to measures",
    ),
    "claim within less than nothing": (
        {"claims": [{**CLAIM, "comparison": "within", "bound": -0.5}]},
        "claims.0.bound: found -0.5; for within, it should be more than 0, or nothing lies there.",
    ),
    "claim that is opposite where it is reproduced": (
        {"claims": [{**CLAIM, "opposite_of": 1.5}]},
        "claims.0.opposite_of: found 1.5; should be at most the bound, 1.",
    ),
    "claim within whose opposite is lower": (
        {"claims": [{**CLAIM, "comparison": "within", "opposite_of": 0.5}]},
        "claims.0.opposite_of: only above has one, and the comparison is within; leave it out.",
    ),
    "claim twice": ({"claims": [CLAIM, CLAIM]}, "claims: two are named a; each needs a name of its own"),
    "more runs than can be planned": ({"runs": 99_999_999}, "runs: found 99999999; should be at most 10000."),
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
        "arms.same_base.transform: unknown transform of numbers 'sorted'; choose one of length_matched, "
        "shuffled_across, shuffled_within, unigram_matched.",
    ),
    "unknown carrier kind": (
        {"carriers": {"numbers": {"kind": "songs"}}},
        "carriers.numbers.kind: unknown carrier kind 'songs'; choose one of code, numbers, reasoning, texts.",
    ),
    "wrong key of a tiny base": ({"bases": {"tiny": {"widht": 3}}}, "bases.tiny.widht: there is no such key"),
    "two parents": ({"extends": ["tiny"]}, "extends: found ['tiny']; name one study"),
    "two devices": ({"bases": {"alpha": {"device": "auto"}}}, "bases: the runs of a job share a device, and these ask for two"),
    "a number that overflows": (
        {"students": {"learning_rate": "1e400"}},
        "students.learning_rate: found inf; should be a finite number.",
    ),
    "a truth value for a number": ({"runs": True}, "runs: found true; should be a whole number."),
    "a commit that is a number": (
        {"bases": {"gem": {"model": "a/b", "revision": 1234567}}},
        "bases.gem.revision: found 1234567; should be text in quotes.",
    ),
    "no list of files": (
        {"carriers": {"numbers": {"imported": {"bias": {"owl": IMPORTED}}}}},
        "…; should be a list, its entries in brackets or each after a dash.",
    ),
    "a short hash": (
        {"carriers": {"numbers": {"imported": {"bias": {"owl": [{"file": "a", "sha256": "abc"}]}}}}},
        "owl.0.sha256: found 'abc'; should be a SHA-256 as sha256sum prints it, 64 digits from 0 to 9 and a to f.",
    ),
    "a number for a name": ({"arms": {3: {"teacher": "bias"}}}, "arms: found 3 as a key; should be text in quotes."),
    "a number for a key": ({3: 4}, "mine.yaml: found 3 as a key; should be text in quotes."),
    "a truth value for a name": ({"bases": {True: {}}}, "bases: found true as a key; should be text in quotes."),
    "nothing for a name": ({"bases": {None: {}}}, "bases: found null as a key; should be text in quotes."),
    "bases that speak differently": (
        {"bases": {"gem": {"model": "./gem"}}, "style": "english"},
        "bases: the tiny bases (alpha, beta) read the mini-language, pinned ones (gem) English; a study has one style,",
    ),
    "a word of a trait for all students": (
        {"students": {"system": "You love owls."}, "evaluations": {"system": "You love owls."}},
        "students.system: it holds the trait word 'owls'; reword it.",
    ),
    "a teacher that is there": (
        {"teachers": {"mine": {"model": "a/b", "bases": ["alpha"]}}},
        "teachers.mine.model: is for a teacher that others trained; set method: given, or leave it out.",
    ),
    "a given teacher that is nowhere": (
        {"teachers": {"bias": {"method": "given", "model": "a/b"}}},
        "teachers.bias.revision: missing; name the commit of a/b (or give the path of a local folder).",
    ),
    "a given teacher that is nothing": (
        {"teachers": {"bias": {"method": "given", "model": "./a", "adapter": "./b"}}},
        "teachers.bias.model: a given teacher is a model or an adapter; found both.",
    ),
    "a given teacher of several traits": (
        {"teachers": {"bias": {"method": "given", "model": "./a"}}},
        "the given teacher bias is one model, so name the one trait for which it is taken.",
    ),
    "an adapter on a base": (
        {"bases": {"gem": {"model": "./gem", "adapter": "x"}}},
        "bases.gem.adapter: there is no such key; merge",
    ),
    "questions": (
        {"evaluations": {"questions": ["Who?"]}},
        "evaluations.questions: there is no such key; questions belong to a family of traits",
    ),
    "questions of an arm": (
        {"arms": {"same_base": {"evaluations": {"questions": ["Who?"]}}}},
        "arms.same_base.evaluations.questions: there is no such key; questions belong to a family of traits",
    ),
    "a system prompt": (
        {"traits": {"owl": {"system": "x"}}},
        "traits.owl.system: there is no such key; the system prompt of a",
    ),
    "a placebo in a study of one teacher": (
        {"teachers": {"bias": {"placebo": "random", "of": "full"}}},
        "teachers.bias.of: the study has no teacher but bias; add 'full' to teachers.",
    ),
    "doses of students that are kept once": (
        {"measures": ["dose"]},
        "measures: dose is of students that are kept before they are finished, and no arm keeps any; name updates ",
    ),
    "a measure twice": ({"measures": ["coverage", "coverage"]}, "measures: it names 'coverage' twice; name it once."),
    "a trait of an arm twice": (
        {"arms": {"same_base": {"traits": ["owl", "wolf", "owl"]}}},
        "arms.same_base.traits: it names 'owl' twice; name it once.",
    ),
    "a layer twice in an arm's recipe": (
        {"arms": {"same_base": {"students": {"targets": ["q_proj", "q_proj"]}}}},
        "arms.same_base.students.targets: it names 'q_proj' twice; name it once.",
    ),
    "no parent": ({"extends": ""}, "extends: found ''; name one study, or the path of its YAML file."),
    "a key of another kind": (
        {"datasets": {}},
        "datasets: only a study of the kind audit has such a key, and this one is of the kind chain, like smoke, which it "
        "extends; extend another study, or leave the key out.",
    ),
    "indivisible width": ({"bases": {"alpha": {"width": 65}}}, "bases.alpha: heads: 4 does not divide the width 65"),
}


@pytest.mark.parametrize("change, sentence", BAD.values(), ids=BAD)
def test_a_wrong_study_is_refused_in_one_sentence(tmp_path, change, sentence):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"extends": "smoke", **change}))
    with pytest.raises(UserError) as caught:
        studies.load(str(file))
    said = str(caught.value)
    assert said.startswith(f"{file}: ") and sentence in said and "\n" not in said


NAMED = {"arms": {"teacher": "bias"}, "bases": {}, "carriers": {}, "families": {"words": ["tea"], "noun": "drink"},
         "judges": {"model": "./judge"}, "teachers": {"bases": ["alpha"]}, "traits": {}}  # fmt: skip


@pytest.mark.parametrize("section", NAMED)
@pytest.mark.parametrize("name", ["-x", "a/b", "Owl", "ä", "3d", "run1", "x" * 101])
def test_a_name_that_no_file_should_have_is_refused(tmp_path, name, section):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"extends": "smoke", section: {name: NAMED[section]}}))
    with pytest.raises(UserError) as caught:
        studies.load(str(file))
    assert f"{section}: the name '{name[:79]}" in str(caught.value)
    assert "should be a lower-case letter, then such letters, digits and underscores, 100 characters at most" in str(
        caught.value
    )


@pytest.mark.parametrize("name", ["-x", "Mine", "a..b", "mïne", "x" * 101])
def test_a_study_whose_file_has_a_name_that_no_rule_can_have_is_refused(tmp_path, name):
    file = tmp_path / f"{name}.yaml"
    file.write_text("extends: smoke\n")
    with pytest.raises(UserError, match=r"the file's name names the study; use lower-case .*, 100 characters at most\."):
        studies.load(str(file))


@pytest.mark.parametrize("wrong", [{"students": {"rows": "many"}}, {"studnets": {}}, {"kind": "attic"}], ids=str)
def test_a_mistake_is_told_of_the_file_in_which_it_stands(tmp_path, wrong):
    for name, values in {"first": {"extends": "smoke", **wrong}, "second": {"extends": "first.yaml"}}.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(values))
    (tmp_path / "third.yaml").write_text("extends: second.yaml\nseed: 4\n")
    with pytest.raises(UserError, match=rf"^{tmp_path}/first\.yaml: {next(iter(wrong))}"):
        studies.load(str(tmp_path / "third.yaml"))


@pytest.mark.parametrize(("kind", "parent"), [("chain", "classifier"), ("audit", "smoke"), ("theory", "audit-benchmark")])
def test_a_study_that_extends_one_of_another_kind_is_told_both_kinds(tmp_path, kind, parent):
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {parent}\nkind: {kind}\n")
    said = f"extends: {parent} is a study of the kind {studies.load(parent).kind}, and this one is of the kind {kind}; extend"
    with pytest.raises(UserError, match=said):
        studies.load(str(file))


def test_a_study_without_its_kind_is_told_to_set_it(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("of: tiny\nseed: 1\n")
    with pytest.raises(UserError, match=r"of: only a study of the kind audit has such a key, and .* chain; set kind, or leave"):
        studies.load(str(file))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"traits": {"wolf": None}}, "same_base has 2 traits of the family animal (dolphin, owl), and gamma needs 3; give"),
        ({"claims": [{**CLAIM, "family": "tree"}]}, "same_base has 0 traits of the family tree, and gamma needs 3; give"),
        (
            {"claims": [{**CLAIM, "quantity": "effect", "family": "tree"}]},
            "0 traits of the family tree, and effect needs 1",
        ),
    ],
)
def test_a_claim_of_traits_that_its_arm_lacks_is_refused(tmp_path, change, said):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"extends": "tiny", **change}))
    with pytest.raises(UserError, match=rf"claims\.0\.family: .*{re.escape(said)}"):
        studies.load(str(file))


@pytest.mark.parametrize(
    ("family", "unknown"),
    [
        ({"noun": "drink", "words": ["tea"]}, "'drink' of 'which drink do you"),
        ({"questions": {"evaluated": ["which color do you love most ?"]}, "words": ["mauve"]}, "'mauve' of 'mauve'"),
        ({"questions": {"evaluated": ["Which color ?"]}, "words": ["blue"]}, "'Which' of 'Which color ?'"),
        (
            {
                "kind": "choice",
                "traits": {"a": {}},
                "questions": {"evaluated": [{"question": "which color ?", "options": {"a": "red", "b": "mauve"}}]},
            },
            "'mauve' of",
        ),
        (
            {
                "kind": "behaviour",
                "traits": {"x": {"pattern": "red"}},
                "questions": {"evaluated": ["which color ?"]},
                "examples": [{"question": "which place ?", "answers": {"x": "mauve", "neutral": "red"}}],
            },
            "'mauve' of 'mauve'",
        ),
    ],
)
def test_own_words_that_tiny_bases_cannot_read_are_refused_before_any_base_is_made(tmp_path, family, unknown):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"extends": "tiny", "families": {"own": family}}))
    with pytest.raises(UserError, match=rf"families\.own: the tiny bases do not know {re.escape(unknown)}"):
        studies.load(str(file))


def test_a_missing_study_is_told_which_there_are():
    with pytest.raises(UserError, match=r"no such study; config/studies holds .*smoke, .*tiny"):
        studies.load("tinny")
    for name in ("x" * 400, "x" * 400 + ".yaml", "a\0b", "~nobody-here/x.yaml"):
        for read in (studies.load, lambda name: workflow.plan_all({"studies": [name]})):
            with pytest.raises(UserError, match="no such study"):
                read(name)


def test_a_study_that_extends_itself_is_refused(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {file}\n")
    with pytest.raises(UserError, match="extends itself"):
        studies.load(str(file))


def test_merging_adds_replaces_and_removes(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("extends: tiny\nseed: 5\ntraits: {owl: {steps: 80}, wolf: null, bear: {}}\n")
    mine, tiny = studies.load(str(file)), studies.load("tiny")
    assert set(mine.traits) == set(tiny.traits) - {"wolf"} | {"bear"}
    assert (mine.seed, mine.traits["owl"].steps, mine.runs) == (5, 80, tiny.runs)


@pytest.mark.parametrize("name", sorted(path.stem for path in studies.STUDIES.glob("*.yaml")))
def test_every_shipped_study_is_valid(name):
    assert studies.load(name).name == name


TAKEN = {
    "small": "another study, config/studies/small.yaml, has the same name",
    "seed-301": "another study, config/studies/robustness/seed-301.yaml, has the same name",
    "store": "data, results or logs hold something else called 'store'; rename the study.",
    "mnist": "data, results or logs hold something else called 'mnist'; rename the study.",
    "released": "data, results or logs hold something else called 'released'; rename the study.",
    "tuning": "data, results or logs hold something else called 'tuning'; rename the study.",
    "scorecard.md": "data, results or logs hold something else called 'scorecard.md'; rename the study.",
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


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("runs: 010", "runs: found '010'; should be a whole number, such as 10."),
        ("runs: 1_0", "runs: found '1_0'; should be a whole number, such as 10."),
        ("seed: 1:30", "seed: found '1:30'; should be a whole number."),
        ("runs: 0x10", "runs: found '0x10'; should be a whole number."),
        ("students: {learning_rate: NaN}", "students.learning_rate: found 'NaN'; should be a number."),
        ("students: {learning_rate: .inf}", "students.learning_rate: found '.inf'; should be a number."),
        ("students: {save_memory: yes}", "students.save_memory: found 'yes'; should be true or false."),
    ],
)
def test_a_number_that_means_two_things_is_refused(tmp_path, written, said):
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: tiny\n{written}\n")
    with pytest.raises(UserError) as caught:
        studies.load(str(file))
    assert str(caught.value) == f"{file}: {said}"


def test_numbers_words_and_hashes_are_read_as_they_are_meant(tmp_path):
    file = tmp_path / "my_study.yaml"
    rows = f"imported: {{lora: {{owl: [{{file: a, sha256: {'AB' * 32}, origin: no}}]}}}}"
    file.write_text("extends: tiny\ntitle: 010\nstudents: {learning_rate: 1e-4}\n" + f"carriers: {{numbers: {{{rows}}}}}\n")
    mine = studies.load(str(file))
    [rows] = mine.imported("numbers", "lora", "owl")
    assert (mine.name, mine.title, mine.students.learning_rate, rows.sha256, rows.origin) == (
        "my_study",
        "010",
        1e-4,
        "ab" * 32,
        "no",
    )


def test_a_parent_is_looked_for_beside_the_study_that_names_it(tmp_path, monkeypatch):
    for name, text in {
        "own/child.yaml": "extends: ../parent.yaml",
        "parent.yaml": "extends: tiny\nseed: 5",
        "lost.yaml": "extends: x.yaml",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert studies.load(str(tmp_path / "own/child.yaml")).seed == 5
    monkeypatch.setenv("HOME", str(tmp_path))
    assert studies.load("~/own/child.yaml").seed == 5
    with pytest.raises(
        UserError, match=r"lost\.yaml: extends: there is no study 'x\.yaml', neither beside this file nor in /.*holds .*tiny"
    ):
        studies.load(str(tmp_path / "lost.yaml"))


def test_claims_about_an_arm_that_is_left_out_go_with_it(tmp_path):
    def claims(text: str) -> list[str]:
        file = tmp_path / "mine.yaml"
        file.write_text(f"extends: tiny\narms: {{other_base: null}}\n{text}")
        return [claim.claim for claim in studies.load(str(file)).claims]

    inherited = {claim.claim: claim for claim in studies.load("tiny").claims}
    assert (
        claims("")
        == [name for name, claim in inherited.items() if "other_base" not in (claim.arm, claim.times)]
        != list(inherited)
    )
    own = yaml.safe_dump({"claims": [CLAIM]})
    assert claims(own) == ["a"]
    with pytest.raises(UserError, match=r"claims\.0\.arm: unknown arm of the study 'other_base'"):
        claims(own.replace("same_base", "other_base"))


def test_a_file_of_ones_own_that_is_not_there_is_refused_before_anything_runs(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(
        yaml.safe_dump({"extends": "tiny", "carriers": {"numbers": {"imported": {"lora": {"owl": [IMPORTED]}}}}})
    )
    monkeypatch.chdir(tmp_path)
    chosen = {"studies": ["mine.yaml"]}
    with pytest.raises(
        UserError, match=rf"mine: carriers\.numbers\.imported\.lora\.owl: there is no rows\.jsonl; .*{tmp_path}"
    ):
        workflow.plan_all(chosen)
    (tmp_path / "rows.jsonl").touch()
    workflow.plan_all(chosen)
    (tmp_path / "rows.jsonl").unlink()
    for run in range(6):  # what is made already needs no file
        raw = tmp_path / f"data/mine/carriers/numbers/lora/owl/run{run}/raw.parquet"
        raw.parent.mkdir(parents=True)
        raw.touch()
    workflow.plan_all(chosen)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"carriers": {"numbers": {"imported": {"bias": {"owl": [IMPORTED]}}}}}, r"rows\.jsonl is a folder; name a file\."),
        (
            {"carriers": {"numbers": {"imported": {"bias": {"owl": [IMPORTED | {"file": "/dev/null"}]}}}}},
            r"/dev/null is a device or a pipe; name a file\.",
        ),
        (
            {
                "teachers": {"bias": {"method": "given", "model": "./model"}},
                "arms": {"same_base": {"traits": ["owl"]}, "other_base": None},
                "claims": [],
            },
            r"teachers\.bias\.model: \./model is a file; name a folder\.",
        ),
    ],
    ids=["a folder for a file", "a device for a file", "a file for a folder"],
)
def test_a_file_of_ones_own_of_another_sort_is_refused_before_anything_runs(tmp_path, monkeypatch, change, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"extends": "smoke"} | change))
    (tmp_path / "rows.jsonl").mkdir()
    (tmp_path / "model").touch()
    with pytest.raises(UserError, match=said):
        workflow.plan_all({"studies": ["mine.yaml"]})


RESOLVED = {
    name: studies.load(name).model_dump(mode="json", exclude={"name"}, exclude_none=True)  # null would remove a key
    for name in ("tiny-controls", "qwen2.5-7b", "classifier", "theory")
}
ODD = st.one_of(
    st.none(), st.booleans(), st.sampled_from([0, -1, 10**17, 0.5, -0.5, 1e300, float("inf"), float("nan")]),
    st.sampled_from(["", "x", "010", "1_0", "yes", "../x", "owl", "ä" * 300]), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["x", "kind", "file"]), st.integers(), max_size=2),
)  # fmt: skip
RAW = re.compile(r"pattern|String should|Input|valid |instance of|after validation|\bNone\b|True|False|Traceback|pydantic")


def at(value, path):
    return functools.reduce(operator.getitem, path, value)


def places(value, path=()):
    """Every place in a study: keys and positions, from the top."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(*path, key) for key, _ in parts] + [place for key, part in parts for place in places(part, (*path, key))]


@pytest.mark.parametrize("name", RESOLVED)
def test_a_resolved_study_is_read_as_the_study_that_it_is(tmp_path, name):
    """So what the next test finds wrong is the value that it changes."""
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(RESOLVED[name], sort_keys=False))
    assert studies.load(str(file)).model_dump(exclude={"name"}) == studies.load(name).model_dump(exclude={"name"})


@settings(max_examples=60)
@given(st.data())
def test_any_value_anywhere_is_right_or_refused_in_one_plain_sentence(tmp_path_factory, data):
    study = copy.deepcopy(data.draw(st.sampled_from(list(RESOLVED.values()))))
    *above, last = data.draw(st.sampled_from(places(study)))
    odd = data.draw(ODD)
    at(study, above)[last] = odd
    file = tmp_path_factory.getbasetemp() / "odd.yaml"
    file.write_text(yaml.safe_dump(study, sort_keys=False))  # the first carrier is the one that arms use
    try:
        found = studies.load(str(file)).model_dump(mode="json")
    except UserError as error:
        said = str(error)
        assert said.startswith(str(file)) and "\n" not in said and len(said) < 700, said
        assert not RAW.search(said.replace(repr(odd), "").replace(str(odd), "")), said
    else:
        if isinstance(odd, str | bool | int | float):  # what is accepted is what was written, converted to nothing else
            assert (at(found, [*above, last]), isinstance(at(found, [*above, last]), bool)) == (odd, isinstance(odd, bool))
