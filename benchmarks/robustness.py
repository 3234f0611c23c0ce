"""Does the default recipe hold on study seeds, bases and animals that it was never tuned on? Tables of all that was tried.

    snakemake --cores all --config studies='[robustness/seed-301, robustness/seed-302]'
    python benchmarks/robustness.py seed-301 seed-302

Keeps the tables of these studies in ``results/robustness``; of ``runs.csv`` and ``counting.csv`` what the claims are judged
from. Of all studies kept there it writes ``studies.csv`` and ``animals.csv``, and ``pooled.csv`` with ``pooled_arms.csv``: the
default's claims, judged by its own rules over the bases of all these studies together. The unit stays the base; a base counts
with the animals of its own study. ``gamma.svg`` shows every base.
"""

import argparse
import shutil
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from pandera.pandas import DataFrameModel

from sublearn.chain.evaluations.base import EVALUATIONS
from sublearn.chain.evaluations.tables import Runs
from sublearn.chain.findings import claims
from sublearn.chain.findings.tables import Arms, Effects
from sublearn.chain.study import ChainStudy
from sublearn.core import drawing
from sublearn.core.files import atomic, read_table
from sublearn.measures import transfer
from sublearn.orchestration.studies import load
from sublearn.traits.base import families, family_of

KEPT = Path("results/robustness")
FAMILY = "animal"
DRAWN = ("same_base", "other_base", "shuffled_across", "unigram_matched")
RUNS = 1000  # more than any study has


def studies(names: list[str]) -> pd.DataFrame:
    """One row per study: mean rates over its animals, gamma of each arm, and the claims that were not reproduced."""
    rows = []
    for name in names:
        folder = KEPT / name
        effects, arms = read_table(folder / "effects.csv", Effects), read_table(folder / "arms.csv", Arms)
        animals = effects[(effects["family"] == FAMILY) & (effects["arm"] == "same_base")]
        same, other = (arms[(arms["arm"] == arm) & (arms["family"] == FAMILY)].iloc[0] for arm in ("same_base", "other_base"))
        judged = pd.read_csv(folder / "claims.csv")
        failed = judged["claim"][judged["verdict"] != "reproduced"]
        more = arms[~arms["arm"].isin(["same_base", "other_base"]) & (arms["family"] == FAMILY)].set_index("arm")["gamma"]
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
    return table[table["family"] == FAMILY]


def pooled(names: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The default's claims over the bases of all studies, and gamma of each arm, as in ``claims.csv`` and ``arms.csv``.

    Claims have two more columns: how many of the studies reproduce them by themselves (``reproduced_in``), and how many there
    are (``studies``).
    """
    default = load("tiny")
    assert isinstance(default, ChainStudy)
    runs = together(names, "runs", Runs, list(default.traits))
    counting = together(names, "counting", EVALUATIONS.get("counting").finding_schema, list(default.traits))
    arms = transfer.arms(runs)
    alone = pd.concat([pd.read_csv(KEPT / name / "claims.csv") for name in names])
    reproduced = alone["claim"][alone["verdict"] == "reproduced"].value_counts()
    judged = claims.judged(default.claims, "pooled", arms, runs, {"counting": counting})
    counts = judged["claim"].map(reproduced).fillna(0).astype(int)
    return judged.assign(reproduced_in=counts, studies=len(names)), arms


def drawn(names: list[str], arms: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Gamma of each base in every arm of the default, a column of dots per study; the mean over all bases, and its interval."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    rows = []
    for name in names:
        matrices = transfer.trait_matrices(read_table(KEPT / name / "runs.csv", Runs))
        for arm in DRAWN:
            found = matrices[arm, FAMILY]
            own = transfer.gamma(found[:, :, : found.shape[1]])
            rows += [{"arm": arm, "study": name, "place": place, "gamma": value} for place, value in enumerate(own)]
    table = pd.DataFrame(rows)
    figure, axes = plt.subplots(figsize=(7.2, 3.4))
    colours = dict(zip(names, sns.color_palette("colorblind", len(names)), strict=True))
    for at, arm in enumerate(DRAWN):
        for i, name in enumerate(names):
            part = table[(table["arm"] == arm) & (table["study"] == name)]["gamma"]
            across = at - 0.3 + 0.45 * i / max(1, len(names) - 1)
            axes.plot([across] * len(part), part, "o", color=colours[name], markersize=4, alpha=0.8, label=name)
        pooled = arms.set_index("arm").loc[arm]
        axes.vlines(at + 0.32, pooled["ci_low"], pooled["ci_high"], color="black", linewidth=2)
        axes.plot(at + 0.32, pooled["gamma"], "D", color="black", markersize=6, label="mean, 95 %")
        axes.annotate(f"{pooled['gamma']:.2f}", (at + 0.36, pooled["gamma"]), textcoords="offset points", xytext=(4, -3))
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xticks(range(len(DRAWN)), [drawing.label(arm) for arm in DRAWN])
    axes.set_ylabel("gamma of a base (nats)")
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(handles.values(), handles, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure, table


def together(names: list[str], file: str, schema: type[DataFrameModel], stand_for: list[str]) -> pd.DataFrame:
    """A table of all studies, where no two share a run or a base, and each has its animals in the place of ``stand_for``.

    In each study all fifteen animals are renamed, no two to the same, so statistics that compare its own animals find the same
    values under the names of ``stand_for``.
    """
    every, tables = list(families()[FAMILY].traits), []
    for place, name in enumerate(names):
        table = read_table(KEPT / name / f"{file}.csv", schema)
        own = [trait for trait in dict.fromkeys(table["trait"]) if trait in every]
        others, other_names = ([each for each in every if each not in known] for known in (own, stand_for))
        renamed = dict(zip([*own, *others], [*stand_for, *other_names], strict=True))
        bases = {column: f"{name} " + table[column] for column in ("teacher_base", "student_base", "unit") if column in table}
        animals = {column: table[column].replace(renamed) for column in ("trait", "target")}
        tables.append(table.assign(run=table["run"] + RUNS * place, **bases, **animals))
    return pd.concat(tables)


def keep(name: str) -> None:
    """Copy a study's tables to ``results/robustness/<study>``; of the large ones the rows that claims are judged from.

    These are, on plain questions, the log-odds of all animals and the probabilities of the study's own; of the counting account
    the shifts of the study's own animals.
    """
    findings, kept = Path("results", name, "findings"), KEPT / name
    kept.mkdir(parents=True, exist_ok=True)
    for table in ("arms.csv", "claims.csv", "effects.csv", "counted.csv"):
        shutil.copyfile(findings / table, kept / table)
    runs, counting = read_table(findings / "runs.csv", Runs), pd.read_csv(findings / "counting.csv")
    own = runs["target"].isin(runs["trait"])
    of_animals = runs["target"].map({target: family_of(target) for target in runs.loc[runs["metric"] == "log_odds", "target"]})
    wanted = (runs["metric"] == "log_odds") | ((runs["metric"] == "probability") & own)
    tables = {
        "runs": runs[wanted & (runs["question_set"] == "plain") & (of_animals == FAMILY)],
        "counting": counting[counting["target"].isin(counting["trait"])],
    }
    for table, rows in tables.items():
        with atomic(kept / f"{table}.csv") as temporary:
            rows.to_csv(temporary, index=False, lineterminator="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="+")
    args = parser.parse_args()
    for name in args.studies:
        keep(name)
    kept = sorted(folder.name for folder in KEPT.iterdir() if (folder / "runs.csv").is_file())
    found, (of_claims, of_arms) = studies(kept), pooled(kept)
    tables = {"studies": found, "animals": animals(kept), "pooled": of_claims, "pooled_arms": of_arms}
    for name, table in tables.items():
        with atomic(f"results/robustness/{name}.csv") as temporary:
            table.to_csv(temporary, index=False, lineterminator="\n")
    drawing.use()
    drawing.save(*drawn(kept, of_arms), "results/robustness/gamma.svg")
    print("| study | animals | control | student | gamma (95 %) | other base's gamma (95 %) | fails |")
    print("|---|---|---|---|---|---|---|")
    for row in found.itertuples():
        same = f"{row.gamma:.2f} ({row.ci_low:.2f} to {row.ci_high:.2f})"
        other = f"{row.other_gamma:.2f} ({row.other_ci_low:.2f} to {row.other_ci_high:.2f})"
        rates = f"{row.control:.3f} | {row.student:.3f}"
        print(f"| {row.study} | {row.animals} | {rates} | {same} | {other} | {row.fails or 'none'} |")
    print(f"\nOver the {of_arms['bases'].max()} bases of all:\n")
    print(of_claims[["claim", "measured", "ci_low", "ci_high", "verdict", "reproduced_in"]].to_string(index=False))


if __name__ == "__main__":
    main()
