"""The command ``sublearn``: what people ask of finished work. The steps themselves are modules, which the rules call."""

import sys

from sublearn import card, trace
from sublearn.core import step

COMMANDS = {"trace": trace, "card": card}
USAGE = """usage: sublearn trace FILE [--row N] [--train MODEL] [--prov OUT] [--all]
       sublearn card FOLDER [--to OUT]"""


def main() -> None:
    """Run ``sublearn trace`` or ``sublearn card``."""
    if (command := COMMANDS.get("".join(sys.argv[1:2]))) is None:
        sys.exit(USAGE)
    del sys.argv[1]
    step.run(command.main, command.parser())


if __name__ == "__main__":
    main()
