"""What says what is published may be damaged: that is one sentence, and never taken for nothing to pull."""

import subprocess
from argparse import Namespace
from pathlib import Path

import pytest

from sublearn.core.errors import UserError
from sublearn.publishing import dvcfile, pull

WHO = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
DAMAGED = {
    "empty": (b"", "found null, which"),
    "a list": (b"- a\n", r"found \['a'\], which"),
    "not YAML": (b"stages: [\n", "line 2: not readable as YAML"),
    "not text": (b"\xff\xfe\x00\x01\x02", "line 1: "),
    "no stage": (b"stages: {other: {}}\n", r"stages\.studies: found nothing, which"),
    "a stage that is null": (b"stages: {studies: null}\n", r"stages\.studies: found null, which"),
    "no outputs": (b"stages: {studies: {outs: []}}\n", r"stages\.studies\.outs: found \[\], which"),
    "a number for an output": (b"stages: {studies: {outs: [3]}}\n", r"stages\.studies\.outs\.0: found 3, which"),
}
NOT_A_HASH = b"stages: {studies: {outs: [{path: results/tiny/evaluations, md5: ../../theirs}]}}\n"
CASES = [(file, content, said) for file in ("dvc.yaml", "dvc.lock") for content, said in DAMAGED.values()]
CASES += [("dvc.lock", NOT_A_HASH, r"stages\.studies\.outs\.0\.md5: found '\.\./\.\./theirs', which")]


@pytest.fixture
def clone(tmp_path, monkeypatch) -> Path:
    """A clone with what says what is published, and nothing else; the current folder."""
    for name in ("Snakefile", "dvc.yaml", "dvc.lock"):
        (tmp_path / name).write_bytes(Path(name).read_bytes())
    monkeypatch.chdir(tmp_path)
    for command in (["init", "-q"], ["add", "-A"], [*WHO, "commit", "-qm", "all"]):
        subprocess.run(["git", *command], check=True)
    return tmp_path


@pytest.mark.parametrize(("file", "content", "said"), CASES)
def test_a_damaged_file_of_dvcs_is_one_sentence(clone, file, content, said):
    (clone / file).write_bytes(content)
    with pytest.raises(UserError, match=rf"^{file}(: |, ){said}") as caught:
        pull.main(Namespace())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("listing", "said"),
    [(b"[", "not readable as JSON"), (b'[{"relpath": "a"}]', "not a list of files as DVC writes it")],
)
def test_a_damaged_list_of_a_folders_files_is_named(clone, listing, said):
    folder = dvcfile.bundled()[0]
    md5 = dvcfile.recorded()[folder]
    place = clone / "cache/files/md5" / md5[:2] / md5[2:]
    place.parent.mkdir(parents=True)
    place.write_bytes(listing)
    with pytest.raises(UserError, match=rf"{md5[2:]}: {said}"):
        dvcfile.kept_in(Path("cache"), folder)
    with pytest.raises(UserError, match=r"^dvc\.lock: found no nowhere among the outputs; "):
        dvcfile.kept_in(Path("cache"), "nowhere")
