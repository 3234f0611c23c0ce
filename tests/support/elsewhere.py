"""A folder that is not the project's, and the workflow run in it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MINE = "extends: theory\ndraws: 4\ntrajectory: {runs: 3, teacher_steps: 20, student_steps: 20}\nclaims: []\n"


class Elsewhere:
    """A folder in a path with a space; commands run in it with the environment's interpreter, not activated."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        (folder / "mine.yaml").write_text(MINE)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
        return subprocess.run([sys.executable, "-m", *command], cwd=self.folder, env=kept | environment,
                              capture_output=True, text=True, check=False)  # fmt: skip

    def snakemake(self, *options: str, main: bool = True) -> str:
        """What Snakemake says of the project's workflow, or of the folder's own."""
        done = self.run("snakemake", *(["--snakefile", str(ROOT / "Snakefile")] if main else []), *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def refusal(self, *options: str) -> str:
        """The one sentence by which a dry run is refused, of the folder's workflow or another that an option names."""
        done = self.run("snakemake", "--dry-run", *options)
        said = done.stderr.strip().splitlines()
        assert done.returncode and "Traceback" not in done.stderr
        return said[-1]

    def module(self, settings: str) -> None:
        """A workflow of its own that has the project's as a module, its rules renamed."""
        (self.folder / "Snakefile").write_text(
            f'module sublearn:\n    snakefile: "{ROOT}/Snakefile"\n{settings}\n'
            "use rule * from sublearn as sublearn_*\n"
            'rule last:\n    default_target: True\n    input: "results/mine/findings/summary.md"\n    output: "last.md"\n'
            '    shell: "cp {input} {output}"\n'
        )
