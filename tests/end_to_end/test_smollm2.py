"""A real chat model of 135 million parameters through the whole chain, where its weights are at hand."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from sublearn.core import fetched

PROJECT = Path(__file__).parents[2]
WEIGHTS = PROJECT / fetched.place("smollm2-135m")


@pytest.mark.slow
@pytest.mark.skipif(not WEIGHTS.is_file(), reason="needs the weights that `sublearn fetch smollm2-135m` brings")
def test_a_real_chat_model_goes_from_its_file_to_figures(tmp_path):
    place = tmp_path / fetched.place("smollm2-135m")
    place.parent.mkdir(parents=True)
    shutil.copyfile(WEIGHTS, place)
    command = ["--snakefile", PROJECT / "Snakefile", "--directory", tmp_path, "--cores", "1", "--config"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *map(str, command), "studies=[smollm2-smoke]"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    findings = tmp_path / "results/smollm2-smoke/findings"
    runs = pd.read_csv(findings / "runs.csv")
    assert set(runs["student_base"]) == {"smollm2"}
    # With few examples a teacher has learned next to nothing, but kept to numbers it writes nothing that the filter rejects.
    counts = pd.read_csv(findings / "filter.csv")
    assert (counts["kept"] == counts["generated"]).all()
    assert (findings / "figures/rates.svg").is_file()
