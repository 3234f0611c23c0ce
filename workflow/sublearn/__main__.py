"""The command ``sublearn``: what people ask of finished work. The steps themselves are modules, which the rules call."""

import sys

from sublearn import trace
from sublearn.core import step


def main() -> None:
    """Run ``sublearn trace``, the one command there is."""
    if sys.argv[1:2] != ["trace"]:
        sys.exit("usage: sublearn trace FILE [--row N] [--train MODEL] [--prov OUT] [--all]")
    del sys.argv[1]
    step.run(trace.main, trace.parser())


if __name__ == "__main__":
    main()
