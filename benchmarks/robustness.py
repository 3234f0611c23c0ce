"""Does the default recipe hold on study seeds, bases and animals that it was never tuned on? One table of all that was tried.

    snakemake --cores all --config studies='[robustness/seed-301, robustness/seed-302]'
    python benchmarks/robustness.py seed-301 seed-302

Keeps the tables of these studies in ``results/robustness``; of ``runs.csv`` what gamma is computed from, the log-odds of
animals on plain questions. Of all studies kept there it writes ``studies.csv`` and ``animals.csv``, and prints the first.
"""

import argparse
import shutil
from pathlib import Path

import pandas as pd

from sublearn.chain.evaluations.tables import Runs
from sublearn.chain.findings.tables import Arms, Effects
from sublearn.core.files import atomic, read_table
from sublearn.traits.base import family_of

KEPT = Path("results/robustness")


def studies(names: list[str]) -> pd.DataFrame:
    """One row per study: mean rates over its animals, gamma of each arm, and the claims that were not reproduced."""
    rows = []
    for name in names:
        folder = KEPT / name
        effects, arms = read_table(folder / "effects.csv", Effects), read_table(folder / "arms.csv", Arms)
        animals = effects[(effects["family"] == "animal") & (effects["arm"] == "same_base")]
        same, other = (arms[(arms["arm"] == arm) & (arms["family"] == "animal")].iloc[0] for arm in ("same_base", "other_base"))
        claims = pd.read_csv(folder / "claims.csv")
        failed = claims["claim"][claims["verdict"] != "reproduced"]
        more = arms[~arms["arm"].isin(["same_base", "other_base"]) & (arms["family"] == "animal")].set_index("arm")["gamma"]
        rows.append({
            "study": name, "animals": " ".join(animals["trait"]), "runs": int(same["runs"]),
            "control": animals["control"].mean(), "student": animals["student"].mean(), "gamma": same["gamma"],
            "ci_low": same["ci_low"], "ci_high": same["ci_high"],
            "other_gamma": other["gamma"], "other_ci_low": other["ci_low"],
            "other_ci_high": other["ci_high"], "fails": "; ".join(failed),
            **{f"{arm}_gamma": gamma for arm, gamma in more.items()},
        })  # fmt: skip
    return pd.DataFrame(rows)


def animals(names: list[str]) -> pd.DataFrame:
    """One row per study, arm and animal."""
    tables = [read_table(KEPT / name / "effects.csv", Effects).assign(study=name) for name in names]
    table = pd.concat(tables)
    return table[table["family"] == "animal"]


def keep(name: str) -> None:
    """Copy a study's tables to ``results/robustness/<study>``; of its runs the log-odds of animals on plain questions."""
    findings, kept = Path("results", name, "findings"), KEPT / name
    kept.mkdir(parents=True, exist_ok=True)
    for table in ("arms.csv", "claims.csv", "effects.csv", "counted.csv"):
        shutil.copyfile(findings / table, kept / table)
    runs = read_table(findings / "runs.csv", Runs)
    exact = (runs["question_set"] == "plain") & (runs["metric"] == "log_odds")
    of_animals = runs["target"].map({target: family_of(target) for target in set(runs.loc[exact, "target"])}) == "animal"
    with atomic(kept / "runs.csv") as temporary:
        runs[exact & of_animals].to_csv(temporary, index=False, lineterminator="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="+")
    args = parser.parse_args()
    for name in args.studies:
        keep(name)
    kept = sorted(folder.name for folder in KEPT.iterdir() if (folder / "runs.csv").is_file())
    found = studies(kept)
    for name, table in (("studies", found), ("animals", animals(kept))):
        with atomic(f"results/robustness/{name}.csv") as temporary:
            table.to_csv(temporary, index=False, lineterminator="\n")
    print("| study | animals | control | student | gamma (95 %) | other base's gamma (95 %) | fails |")
    print("|---|---|---|---|---|---|---|")
    for row in found.itertuples():
        same = f"{row.gamma:.2f} ({row.ci_low:.2f} to {row.ci_high:.2f})"
        other = f"{row.other_gamma:.2f} ({row.other_ci_low:.2f} to {row.other_ci_high:.2f})"
        rates = f"{row.control:.3f} | {row.student:.3f}"
        print(f"| {row.study} | {row.animals} | {rates} | {same} | {other} | {row.fails or 'none'} |")


if __name__ == "__main__":
    main()
