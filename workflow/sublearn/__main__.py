"""The command ``sublearn``: what people ask of finished work. The steps themselves are modules, which the rules call."""

import importlib
import sys

from sublearn.core import cli

COMMANDS = ("trace", "card")
USAGE = """usage: sublearn trace FILE [--row N] [--train MODEL] [--prov OUT] [--all]
       sublearn card FOLDER [--to OUT]

trace says where a file came from, card what a model or a data set is; --help after either tells more."""


def main() -> None:
    """Run ``sublearn trace`` or ``sublearn card``."""
    name = "".join(sys.argv[1:2])
    if name in ("-h", "--help"):
        print(USAGE)
        return
    if name not in COMMANDS:
        sys.exit(USAGE)
    command = importlib.import_module(f"sublearn.{name}")  # one alone: what card imports takes longer than tracing a file
    del sys.argv[1]
    cli.run(command.main, command.parser())


if __name__ == "__main__":
    main()
