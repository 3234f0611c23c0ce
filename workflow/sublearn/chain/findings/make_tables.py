"""Make all tables of a study from its evaluations, and its summary.

python -m sublearn.chain.findings.make_tables --study JSON --inputs JSON --output results/tiny/findings
"""

import argparse
import json

import pandas as pd
from pydantic import TypeAdapter

from sublearn.chain.carriers.base import KINDS
from sublearn.chain.evaluations.base import ANSWERS, EVALUATIONS
from sublearn.chain.evaluations.counts import Counts, Filter
from sublearn.chain.evaluations.tables import Runs
from sublearn.chain.findings import claims, numbers, summary
from sublearn.chain.findings.collect import collect
from sublearn.chain.findings.section import Claim
from sublearn.chain.findings.tables import Arms, Effects
from sublearn.core import cli, findings
from sublearn.core.files import read_nearest, read_table, write_table, write_text
from sublearn.measures import transfer
from sublearn.traits.base import declare


def main(args: argparse.Namespace) -> None:
    study, inputs, folder = json.loads(args.study), json.loads(args.inputs), args.output
    declare(study["resolved"].get("families", {}))
    runs = Runs.validate(collect(inputs[ANSWERS], study["arms"], study["traits"], study["runs"]))
    effects, arms = transfer.effects(runs), transfer.arms(runs)
    measured = {}
    for name, students in study["measured"].items():
        table = of_students(read_nearest(inputs[name], EVALUATIONS.get(name).schema), students)
        measured[name] = EVALUATIONS.get(name).finding(table, runs)
    judged = claims.judged(TypeAdapter(list[Claim]).validate_python(study["claims"]), study["name"], arms, runs, measured)
    write_table(runs, f"{folder}/runs.csv", Runs)
    write_table(effects, f"{folder}/effects.csv", Effects)
    write_table(arms, f"{folder}/arms.csv", Arms)
    findings.write_claims(judged, folder, arms)
    write_carriers(inputs["counts"], inputs["filter"], study["carriers"], folder)
    for name, table in measured.items():
        evaluation = EVALUATIONS.get(name)
        write_table(table, f"{folder}/{name}.csv", evaluation.finding_schema)
        if evaluation.summary_schema:
            write_table(evaluation.summary(table), f"{folder}/{evaluation.summary_name}.csv", evaluation.summary_schema)
    write_text(summary.write(study["title"], study["resolved"], judged, effects, arms), f"{folder}/summary.md")
    findings.write_study(study, folder)


def of_students(table: pd.DataFrame, students: dict[str, dict[str, list[int]]]) -> pd.DataFrame:
    """The rows of the given runs of arms and traits; the table of a study that this one extends has others too."""
    wanted = {(arm, trait, run) for arm, traits in students.items() for trait, runs in traits.items() for run in runs}
    return table[[row in wanted for row in zip(table["arm"], table["trait"], table["run"], strict=True)]]


def write_carriers(counts_file: str, filter_file: str, carriers: dict[str, str], folder: str) -> None:
    """Write the tables of each carrier; ``carriers`` maps carrier names to kinds."""
    counts, fates = read_table(counts_file, Counts), read_table(filter_file, Filter)
    for carrier, kind_name in carriers.items():
        kind = KINDS.get(kind_name)
        names = numbers.carrier_tables(carrier, list(carriers))
        own, schema = counts[counts["carrier"] == carrier], numbers.frequencies_schema(kind.unit)
        for column in ("count", "first"):
            write_table(numbers.frequencies(own, column, kind.unit), f"{folder}/{names[column]}", schema)
        table = numbers.filtered(fates[fates["carrier"] == carrier], kind)
        write_table(table, f"{folder}/{names['filter']}", numbers.filter_schema(kind))


if __name__ == "__main__":
    cli.run(main, findings.options(__doc__), described=("study",))
