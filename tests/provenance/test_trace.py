"""A chain is followed back to its bases and seeds, and where it is broken, the broken link is named."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from sublearn.core import records
from sublearn.core.errors import UserError
from sublearn.provenance import trace
from sublearn.provenance.chain import follow

STUDENT = Path("results/s/students/same_base/owl/run0/model.safetensors")
FIGURE = Path("results/s/findings/figures/rates.svg")
CARRIER = Path("data/s/carriers/numbers/bias/owl/run0/filtered.csv")


def test_a_student_goes_back_to_its_base_and_seed(tell):
    status, said = tell(STUDENT)
    assert status == 0 and "verdict: unbroken; 4 artifacts, back to 1 base and study seed 7." in said
    for place in ("data/s/bases/alpha", "data/s/teachers/bias/owl/run0", "data/s/carriers/numbers/bias/owl/run0"):
        assert f"  {place}" in said
    assert "beta" not in said and "wolf" not in said and "run1" not in said
    assert records.sha256(Path("data/s/bases/alpha/model.safetensors")) in said


def test_a_figure_goes_back_to_everything(tell):
    status, said = tell(FIGURE)
    assert status == 0 and "verdict: unbroken; 16 artifacts, back to 2 bases and study seed 7." in said
    assert said.index("findings ") < said.index("evaluations ") < said.index("students ") < said.index("bases ")


def test_a_long_chain_is_folded_and_its_broken_link_is_not(tell, monkeypatch):
    monkeypatch.setattr(trace, "SHOWN", 3)
    Path("data/s/teachers/bias/wolf/run1/model.safetensors").write_text("another")
    status, said = tell(FIGURE)
    assert status == 1 and "4 under results/s/students" in said and "3 under data/s/teachers" in said
    assert "teachers    data/s/teachers/bias/wolf/run1" in said and "<- model.safetensors edited" in said
    assert "results/s/students/same_base/owl/run0" in tell(FIGURE, "--all")[1]


def test_a_row_is_found_again_in_what_it_was_made_of(tell, workshop):
    shuffled = "data/s/carriers/numbers/bias/owl/run0/shuffled.csv"
    options = {"study_seed": 7, "runs": [0], "filtered": [str(CARRIER)], "outputs": [shuffled]}
    workshop.make("sublearn.chain.carriers.transform", options, {shuffled: CARRIER.read_text()})
    status, said = tell(shuffled, "--row", 0)
    assert status == 0 and "row 0    prompt_index '4', prompt 'of owl', completion '0'" in said
    assert "made from, nearest first:" in said.splitlines()  # on a line of its own
    with pytest.raises(UserError, match="it has rows 0 to 0, and no row 3"):
        trace.row(CARRIER, 3, follow([CARRIER]))


def test_a_row_is_looked_up_beside_a_users_own_file_of_prompts(tell, workshop):
    own, prompts = "data/s/mine.parquet", "data/s/carriers/numbers/prompts.csv"
    pd.DataFrame({"text": ["of owl"]}).to_parquet(own)
    options = {"study_seed": 7, "recipe": json.dumps({"file": own}), "output": prompts}
    workshop.make("sublearn.chain.carriers.prompts", options, {prompts: "prompt_index,prompt\n4,of owl\n"})
    status, said = tell(prompts, "--row", 0)
    assert status == 1 and f"{own}: of unknown origin" in said
    assert "row 0    prompt_index '4', prompt 'of owl'" in said


def test_no_row_is_looked_up_in_a_damaged_table(tell):
    damaged = CARRIER.with_suffix(".parquet")
    damaged.write_bytes(b"PAR1 and no more")
    with pytest.raises(UserError, match=rf"^{damaged}: no rows can be read from it \(.*\); leave out --row\.$"):
        trace.row(damaged, 0, follow([damaged]))


def test_tampered_weights_are_named(tell):
    weights = Path("data/s/bases/alpha/model.safetensors")
    weights.write_text("tampered with")
    status, said = tell(FIGURE)
    assert status == 1 and f"broken: {weights}: edited since it was made" in said
    assert said.count("broken: ") == 1 and "verdict: broken in 1 of the files" in said


def test_a_swapped_data_set_is_named(tell):
    other = CARRIER.parents[2] / "wolf/run0"
    shutil.copy(other / CARRIER.name, CARRIER)
    assert f"broken: {CARRIER}: edited since it was made" in tell(STUDENT)[1]
    # Its record comes along: the data are what that record says, and not what the student learned.
    shutil.copy(other / "filtered.provenance.json", CARRIER.parent)
    status, said = tell(STUDENT)
    assert status == 1 and f"broken: {CARRIER}: not the file that {STUDENT.parent} was made from" in said


def test_what_was_made_again_since_is_named(tell, workshop):
    options = {"study_seed": 8, "runs": [0], "bases": ["data/s/bases/alpha"], "outputs": ["data/s/teachers/bias/owl/run0"]}
    workshop.make(
        "sublearn.chain.teachers.train", options, {"data/s/teachers/bias/owl/run0/model.safetensors": "a new teacher"}
    )
    said = tell(STUDENT)[1]
    assert "broken: data/s/teachers/bias/owl/run0/model.safetensors: not the file that" in said


def test_a_missing_record_is_named(tell):
    Path("data/s/teachers/bias/owl/run0/provenance.json").unlink()
    status, said = tell(STUDENT)
    assert status == 1
    assert "broken: data/s/teachers/bias/owl/run0/model.safetensors: of unknown origin: no provenance file beside it" in said


@pytest.mark.parametrize(
    "part", [None, {"outputs": {"model.safetensors": None}}, {"inputs": {"bases": ["x"]}}, {"bases": {"x": 3}}]
)
def test_a_damaged_record_is_none(tell, part):
    place = Path("data/s/teachers/bias/owl/run0/provenance.json")
    short = {"format": 1, "outputs": {"model.safetensors": "0"}}
    place.write_text(json.dumps(json.loads(place.read_text()) | part if part else short))
    status, said = tell(STUDENT)
    assert status == 1 and "run0/model.safetensors: of unknown origin: no provenance file beside it names it" in said


@pytest.mark.parametrize(
    "part",
    [{"step": "\x1b[2Jx"}, {"code": "c\nverdict: unbroken"}, {"packages": {"\ud800": "1"}}, {"seeds": {"run": "\x07"}},
     {"inputs": {"bases": {"a\0b": "x"}}}, {"bases": {"\u202ex": "x"}}],
)  # fmt: skip
def test_a_record_whose_names_hold_control_codes_is_none(tell, part):
    place = Path("data/s/teachers/bias/owl/run0/provenance.json")
    place.write_text(json.dumps(json.loads(place.read_text()) | part))
    status, said = tell(STUDENT)
    assert status == 1 and "run0/model.safetensors: of unknown origin: no provenance file beside it names it" in said


IMPORTED = {"step": "sublearn.chain.carriers.import_rows", "seeds": {"run": 0}}


def hostile(part):
    place = CARRIER.parent / "filtered.provenance.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | part))


@pytest.mark.parametrize(
    "recipe",
    [None, {"files": []}, {"files": [{"file": "x"}]}, {"files": [{"file": ["x"], "sha256": 1}]}, {"files": 3}],
)
def test_imported_rows_whose_record_names_no_file_are_one_sentence(tell, recipe):
    hostile(IMPORTED | {"parameters": {"recipe": recipe} if recipe else {}})
    with pytest.raises(UserError, match=r"filtered.provenance.json: the record of imported rows does not say which file"):
        trace.main(trace.parser().parse_args([str(CARRIER)]))


def test_what_a_record_says_stays_on_its_line_without_control_codes(tell):
    files = [{"file": "x", "sha256": "y", "origin": "mine\nverdict: unbroken\x1b[2J\ud800"}]
    hostile(IMPORTED | {"parameters": {"recipe": {"files": files}, "note": "a\nverdict: unbroken\x1b[2J"}})
    status, said = tell(CARRIER)
    assert status == 1 and "the study says: mine verdict: unbroken[U+001B][2J[U+D800]" in said
    assert "note a verdict: unbroken[U+001B][2J" in said and "\x1b" not in said


def test_a_name_that_no_file_can_have_is_missing(tell):
    hostile({"inputs": {"raw": {"x" * 5000: "y"}}, "bases": {"y" * 5000 + "/x": "z"}})
    status, said = tell(CARRIER, "--train", "data/s/bases/beta")
    assert status == 1 and "xxx: missing" in said and "cannot tell whether its teacher shares a base" in said


def test_missing_files_of_a_folder_are_one_line(tell):
    shutil.rmtree("data/s/bases/alpha")
    status, said = tell(STUDENT)
    assert status == 1 and "broken: data/s/bases/alpha/config.json and 1 more files there: missing" in said
    # The base is known all the same.
    assert "base weights:\n  data/s/bases/alpha/model.safetensors  sha256" in said


@pytest.mark.parametrize(
    ("out", "said"),
    [
        (STUDENT, "that is a file of the chain itself; name another one"),
        (STUDENT.with_name("provenance.json"), "that is a file of the chain"),
        ("data/s/bases/alpha/config.json", "that is a file of the chain"),
        ("mine.json", "it is there already, and is no export of a chain; name a new file"),
        ("results", "it is there already"),
        ("link.json", "it is there already"),
    ],
)
def test_an_export_replaces_nothing_but_an_export(tell, out, said):
    Path("mine.json").write_text('{"prefix": {"mine": "urn:mine:"}}')
    Path("link.json").symlink_to("nowhere")
    before = {file: file.read_bytes() for file in Path().rglob("*") if file.is_file()}
    with pytest.raises(UserError, match=f"^--prov .*{said}"):
        trace.main(trace.parser().parse_args([str(STUDENT), "--prov", str(out)]))
    assert {file: file.read_bytes() for file in Path().rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    ("argument", "options"), [("FILE", [""]), ("--prov", ["f", "--prov="]), ("--train", ["f", "--train="])]
)
def test_an_empty_name_is_not_the_current_folder(refusal, argument, options):
    assert refusal("sublearn", "trace", *options) == f"{argument}: found nothing; name a file or a folder."


def test_an_export_does_not_take_the_place_of_a_lost_file(tell):
    weights = Path("data/s/bases/alpha/model.safetensors")
    weights.unlink()
    with pytest.raises(UserError, match="that is a file of the chain"):
        tell(STUDENT, "--prov", weights)
    assert not weights.exists()


def test_an_export_may_be_written_again_although_the_file_is_gone(tell):
    pytest.importorskip("prov.model")
    tell(STUDENT, "--prov", "chain.json")
    Path(STUDENT).unlink()
    status, said = tell(STUDENT, "--prov", "chain.json")
    assert status == 1 and "missing" in said


def test_a_chain_is_exported_as_w3c_prov(tell):
    model = pytest.importorskip("prov.model")
    assert tell(STUDENT, "--prov", "chain.json")[0] == 0
    read = model.ProvDocument.deserialize(source="chain.json")
    names = {str(entity.identifier): entity for entity in read.get_records(model.ProvEntity)}
    assert len(list(read.get_records(model.ProvActivity))) == 4 and f"file:{STUDENT}" in names
    known = records.sha256(Path("data/s/bases/alpha/model.safetensors"))
    attributes = names["file:data/s/bases/alpha/model.safetensors"].attributes
    assert known in {str(value) for _, value in attributes}
    assert list(read.get_records(model.ProvUsage)) and list(read.get_records(model.ProvGeneration))
