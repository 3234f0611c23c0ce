"""A chain is followed back to its bases and seeds, and where it is broken, the broken link is named."""

import shutil
from pathlib import Path

import pytest

from sublearn.core import records
from sublearn.core.errors import UserError
from sublearn.provenance import trace

STUDENT = Path("results/s/students/same_base/owl/run0/model.safetensors")
FIGURE = Path("results/s/findings/figures/rates.svg")
CARRIER = Path("data/s/carriers/numbers/bias/owl/run0/filtered.csv")


@pytest.fixture
def tell(workshop, capsys):
    """Trace a file of the chain; returns exit status and what was said."""
    workshop.chain()

    def run(*arguments: object) -> tuple[int, str]:
        records.records_in.cache_clear()
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            trace.main(trace.parser().parse_args(list(map(str, arguments))))
        return int(left.value.code or 0), capsys.readouterr().out

    return run


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
        trace.row(CARRIER, 3, trace.follow([CARRIER]))


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


def test_missing_files_of_a_folder_are_one_line(tell):
    shutil.rmtree("data/s/bases/alpha")
    status, said = tell(STUDENT)
    assert status == 1 and "broken: data/s/bases/alpha/config.json and 1 more files there: missing" in said
    # The base is known all the same.
    assert "base weights:\n  data/s/bases/alpha/model.safetensors  sha256" in said


def test_data_of_unknown_origin_are_said_to_be(tell):
    Path("mine.csv").write_text("prompt,completion\na,1\n")
    status, said = tell("mine.csv", "--train", "data/s/bases/alpha")
    assert status == 1 and "verdict: mine.csv is of unknown origin: no provenance file beside it names it" in said
    assert "cannot tell whether its teacher shares a base with data/s/bases/alpha" in said


@pytest.mark.parametrize(
    ("model", "status", "words"),
    [
        ("data/s/bases/alpha", trace.SHARED, "its teacher shares a base with data/s/bases/alpha: both start from"),
        ("data/s/bases/beta", 0, "its teacher shares no base with data/s/bases/beta"),
        # A student of the same base begins there too, whatever it learned since; one of the other base does not.
        ("results/s/students/same_base/wolf/run0", trace.SHARED, "shares a base"),
        ("results/s/students/same_base/wolf/run1", 0, "shares no base"),
    ],
)
def test_whether_teacher_and_model_share_a_base(tell, model, status, words):
    found, said = tell(CARRIER, "--train", model)
    assert (found, words in said) == (status, True), said


def test_a_copy_of_a_base_is_known_by_its_weights_and_an_edited_one_by_its_record(tell, tmp_path_factory):
    copy = tmp_path_factory.mktemp("elsewhere")
    shutil.copy("data/s/bases/alpha/model.safetensors", copy)
    assert tell(CARRIER, "--train", copy)[0] == trace.SHARED
    # A data set whose teacher is gone still says whose it is, by its record alone.
    shutil.rmtree("data/s/teachers")
    for name in (CARRIER.name, "filtered.provenance.json"):
        shutil.copy(CARRIER.parent / name, copy)
    status, said = tell(copy / CARRIER.name, "--train", "data/s/bases/alpha")
    assert status == 1 and "shares a base" in said
    Path("data/s/bases/alpha/model.safetensors").write_text("a little more training")
    assert "shares a base" in tell(CARRIER, "--train", "data/s/bases/alpha")[1]


def test_a_base_that_others_trained_is_known_by_the_weights_that_were_pinned(tell, workshop, tmp_path_factory):
    """Its weights lie elsewhere; its folder says which they are."""
    elsewhere = tmp_path_factory.mktemp("hub")
    (elsewhere / "model.safetensors").write_text("weights of a llama")
    folder, teacher = "data/s/bases/llama", "data/s/teachers/full/owl/run0"
    known = records.sha256(elsewhere / "model.safetensors")
    files = {
        f"{folder}/base.json": f'{{"weights": {{"model.safetensors": [18, "{known}"]}}}}',
        f"{folder}/tokenizer.json": "{}",
    }
    workshop.make("sublearn.chain.bases.pin", {"recipe": "{}", "output": folder}, files)
    options = {"study_seed": 7, "runs": [0], "bases": [folder], "outputs": [teacher]}
    workshop.make("sublearn.chain.teachers.train", options, {f"{teacher}/adapter_model.safetensors": "adapter"})
    table = "data/s/carriers/full/owl/run0/raw.csv"
    workshop.make(
        "sublearn.chain.carriers.sample", {"teachers": [teacher], "bases": [folder], "outputs": [table]}, {table: "a\n1\n"}
    )
    for model, status in ((folder, 3), (elsewhere, 3), (teacher, 3), ("data/s/bases/alpha", 0)):
        found, said = tell(table, "--train", model)
        assert (found, f"{folder}/model.safetensors  sha256 {known}" in said) == (status, True), said


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


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.csv"], "nowhere.csv: there is no such file"),
        ([STUDENT.parent], "run0: a folder; name a file"),
        ([CARRIER, "--train", "data/s"], "data/s: no model with weights as safetensors"),
        ([FIGURE, "--row", "1"], f"{FIGURE}: rows are looked up in Parquet and CSV tables"),
    ],
)
def test_a_wrong_question_is_one_sentence(workshop, arguments, sentence):
    workshop.chain()
    with pytest.raises(UserError, match=sentence):
        trace.main(trace.parser().parse_args(list(map(str, arguments))))


def test_the_command_is_installed_and_works_from_any_folder(workshop, tmp_path, refusal, run_step):
    workshop.chain()
    done = run_step("sublearn", "trace", tmp_path / STUDENT)
    assert done.returncode == 0 and str(STUDENT) in done.stdout and "unbroken" in done.stdout
    assert "there is no such file" in refusal("sublearn", "trace", tmp_path / "nowhere.csv")
    assert run_step("sublearn", "trace", "--help").stdout.startswith("usage: sublearn trace ")
