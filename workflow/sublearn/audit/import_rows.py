"""Read the rows of a data set that somebody brings, and of its reference, and check them.

python -m sublearn.audit.import_rows --recipe JSON --output FILE
"""

import argparse
import json
from pathlib import Path

from sublearn.audit import read
from sublearn.audit.layers.base import Inputs
from sublearn.audit.report.contents import reading
from sublearn.audit.section import Given
from sublearn.audit.tables import REFERENCE, AuditedRows
from sublearn.core import cli
from sublearn.core.files import write_table


def main(args: argparse.Namespace) -> None:
    given = Given.model_validate(json.loads(args.recipe))
    data, reference = read.read(given.data, given.prompt, given.completion, given.source), None
    if given.reference:
        reference = read.read(given.reference, given.prompt, given.completion, or_usual=True)
    inputs = Inputs(data, reference)
    read.refuse_itself(inputs)
    for said in reading(inputs):  # the table of the rows keeps no other columns, so no report can say it
        cli.log.warning("%s: %s", data.name, said)
    if reference:
        write_table(reference.rows, Path(args.output).with_name(REFERENCE), AuditedRows)
    write_table(data.rows, args.output, AuditedRows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the data set's section of the study, as JSON")
    parser.add_argument("--output", type=cli.Output, required=True, help="the table of its rows; its reference goes beside it")
    cli.run(main, parser, reads_others=True)
