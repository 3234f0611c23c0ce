"""Make the tables of an audit study: scores, detectors with their error rates, verdicts, and a summary.

python -m sublearn.audit.findings --study JSON --inputs JSON --output FOLDER
"""

import argparse
import json
import math
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from sublearn.audit.calibration import ALL, Cases
from sublearn.audit.claim import Claim
from sublearn.audit.summary import words
from sublearn.audit.tables import NONE, Detectors, FoundCases, Scores
from sublearn.core import cli, findings
from sublearn.core.claims import COLUMNS, row
from sublearn.core.files import read_json, write_table, write_text
from sublearn.core.statistics import UNKNOWN, Mean, share

SPREAD = 3.0  # standard deviations above the mean of scores without a trait


def scores(files: list[str], known: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """What every layer found in every data set, beside what is known of it; ``found`` is the layer's own judgement."""
    rows = []
    for file in files:
        for result in read_json(file)["results"]:
            status, score = result["status"], result["score"]
            ranked = result["tables"].get("traits", [])
            own = {"layer": result["layer"], "status": status, "score": score, "found": status == "found"}
            rows.append(known[file] | own | {"leading": ranked[0]["trait"] if ranked else NONE})
    return pd.DataFrame(rows, columns=list(Scores.to_schema().columns)).astype({"score": float})


def threshold(part: pd.DataFrame) -> float:
    """A detector's threshold, from the scores without a trait on the bases for fitting; NaN if there are fewer than two."""
    without = part["score"][(part["carries"] == "no") & ~part["tested"]].dropna()
    return float(without.mean() + SPREAD * without.std(ddof=1)) if len(without) > 1 else math.nan


def judged(table: pd.DataFrame) -> pd.DataFrame:
    """The scores, with ``found`` by each layer's threshold where it has one."""
    limits = {layer: threshold(part) for layer, part in table.groupby("layer")}
    by_score = table["score"] >= table["layer"].map(limits)
    has_limit = table["layer"].map(limits).notna() & table["score"].notna()
    return table.assign(found=by_score.where(has_limit, table["found"]).astype(bool))


def rate(part: pd.DataFrame) -> Mean:
    """The share of data sets that are found, of those that the layer looked at."""
    looked = part[part["status"] != "not_run"]
    return share(int(looked["found"].sum()), len(looked)) if len(looked) else UNKNOWN


def detectors(table: pd.DataFrame, layers: list[str]) -> pd.DataFrame:
    """Each layer's threshold, and its rates on bases that it was not fitted on."""
    rows = []
    for layer in layers:
        part = table[table["layer"] == layer]
        tested = part[part["tested"] & (part["status"] != "not_run")]
        positive, negative = (tested[tested["carries"] == truth] for truth in ("yes", "no"))
        true, false = rate(positive), rate(negative)
        rows.append({
            "layer": layer, "threshold": threshold(part), "positives": len(positive), "true_positive_rate": true.value,
            "true_low": true.low, "true_high": true.high, "negatives": len(negative), "false_positive_rate": false.value,
            "false_low": false.low, "false_high": false.high,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(Detectors.to_schema().columns))


def found_cases(table: pd.DataFrame, layers: list[str]) -> pd.DataFrame:
    """How many data sets of each case every layer finds, on bases that it was not fitted on."""
    rows = []
    tested = table[table["tested"] & (table["status"] != "not_run")]
    for layer in layers:
        for case, part in tested[tested["layer"] == layer].groupby("case", sort=False):
            found = rate(part)
            rows.append({
                "layer": layer, "case": case, "carries": part["carries"].iloc[0], "sets": len(part),
                "own": int((part["status"] == "found").sum()), "found": int(part["found"].sum()), "rate": found.value,
                "low": found.low, "high": found.high,
            })  # fmt: skip
    return pd.DataFrame(rows, columns=list(FoundCases.to_schema().columns))


def calibrated(found: pd.DataFrame, by_case: pd.DataFrame, rows: int) -> pd.DataFrame:
    """What the reports of audits quote (``calibration.Cases``): for each layer, all data sets together and each case."""
    entries = []
    for one in found.itertuples():
        known = by_case[(by_case["layer"] == one.layer) & (by_case["carries"] != "unknown")]
        both = {"true_positive_rate": one.true_positive_rate, "false_positive_rate": one.false_positive_rate}
        count = {"cases": one.positives + one.negatives, "own": known["own"].sum()}
        entries.append({"layer": one.layer, "kind_of_case": ALL, **count, **both})
        for case in known.itertuples():
            rate_of = "true_positive_rate" if case.carries == "yes" else "false_positive_rate"
            name = str(case.case).replace("_", " ")
            count = {"cases": case.sets, "own": case.own}
            entries.append({"layer": one.layer, "kind_of_case": name, **count, rate_of: case.rate})
    limits = found.set_index("layer")["threshold"]
    table = pd.DataFrame([entry | {"threshold": limits[entry["layer"]], "rows": rows} for entry in entries if entry["cases"]])
    return table.reindex(columns=list(Cases.to_schema().columns))


def asked(claim: Claim, table: pd.DataFrame) -> pd.DataFrame:
    """The scores that a claim is about."""
    part = table[(table["layer"] == claim.layer) & table["tested"]]
    part = part[part["case"] == claim.case] if claim.case else part
    truth = {"true_positive_rate": "yes", "false_positive_rate": "no"}.get(claim.quantity)
    return part[part["carries"] == truth] if truth else part


def main(args: argparse.Namespace) -> None:
    study, inputs = json.loads(args.study), json.loads(args.inputs)
    claims = TypeAdapter(list[Claim]).validate_python(study["claims"])
    table = judged(scores(inputs["audits"], study["known"]))
    found, by_case = detectors(table, study["layers"]), found_cases(table, study["layers"])
    write_table(table, f"{args.output}/scores.csv", Scores)
    write_table(found, f"{args.output}/detectors.csv", Detectors)
    write_table(by_case, f"{args.output}/cases.csv", FoundCases)
    write_table(calibrated(found, by_case, study["rows"]), f"{args.output}/calibration.csv", Cases)
    rows = [row(claim, study["name"], rate(asked(claim, table)), None, claim.figure) for claim in claims]
    verdicts = pd.DataFrame(rows, columns=COLUMNS)
    findings.write_claims(verdicts, args.output)
    findings.write_study(study, args.output)
    write_text(words(study, table, found, by_case, verdicts), f"{args.output}/summary.md")


if __name__ == "__main__":
    cli.run(main, findings.options(__doc__), described=("study",))
