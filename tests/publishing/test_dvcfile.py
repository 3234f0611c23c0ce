"""DVC's one stage names what the studies make, and sends what is small to the remote in the repository."""

from pathlib import Path

import yaml

from sublearn.orchestration.workflow import plan_all
from sublearn.publishing import dvcfile


def stage(*names):
    return yaml.safe_load(dvcfile.render(plan_all({"studies": list(names)}), list(names)))["stages"]["studies"]


def remotes(outs):
    """Where each folder that DVC caches goes."""
    return {path: keys.get("remote") for out in outs for path, keys in out.items() if keys.get("cache", True)}


def test_the_file_in_the_repository_is_that_of_the_default_studies():
    names = yaml.safe_load(Path("config/config.yaml").read_text())["studies"]
    assert Path("dvc.yaml").read_text() == dvcfile.render(dvcfile.configured(), names), "make dvc.yaml writes it again"


def test_small_artifacts_and_snakemakes_records_are_bundled():
    found = remotes(stage("smoke")["outs"])
    assert {path for path, remote in found.items() if remote == "bundled"} == {
        "data/smoke/bases",
        "results/smoke/evaluations",
        ".snakemake/metadata",
    }
    assert {path for path, remote in found.items() if remote is None} == {
        "data/smoke/teachers",
        "data/smoke/carriers",
        "results/smoke/students",
    }


def test_a_childs_stage_has_its_parents_artifacts_and_files_too(tmp_path):
    child = tmp_path / "child.yaml"
    child.write_text("extends: smoke\ntitle: The same models\n")
    found = stage(str(child))
    assert {"results/smoke/evaluations", "results/child/evaluations", "data/smoke/bases"} <= set(remotes(found["outs"]))
    params = {file for part in found["params"] for file in part}
    assert {"config/config.yaml", "config/studies/smoke.yaml", "config/studies/tiny.yaml", str(child)} == params


def test_nothing_is_tracked_twice():
    found = stage("tiny", "classifier", "theory")
    paths = [path for kind in ("outs", "metrics", "plots") for out in found[kind] for path in out]
    assert len(paths) == len(set(paths))
    assert not [one for one in paths for other in paths if one.startswith(f"{other}/")]
    # Drawings and metrics are in git, and DVC notes their hashes alone.
    noted = [keys for kind in ("metrics", "plots") for out in found[kind] for keys in out.values()]
    assert all(keys == {"cache": False, "persist": True} for keys in noted)
