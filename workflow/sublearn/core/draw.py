"""Draw the figures of a study, each as SVG and PNG, with its data as CSV.

    python -m sublearn.core.draw --package sublearn.chain.findings.figures --figures rates --inputs JSON --outputs FILE

One process draws all figures, since importing the plotting libraries takes longer than drawing.
"""

import argparse
import json

from sublearn.core import cli, drawing
from sublearn.core.figures import Figure, Inputs
from sublearn.core.registry import Registry


def main(args: argparse.Namespace) -> None:
    figures = Registry(args.package, Figure, "figure")
    drawing.use()
    for name, inputs, output in zip(args.figures, args.inputs, args.outputs, strict=True):
        figure, given = figures.get(name), Inputs(json.loads(inputs))
        figure.prepare(given)
        drawing.save(*figure.draw(given), output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", required=True, help="the package with the figures of this study kind")
    parser.add_argument("--figures", nargs="+", required=True, help="the names of the figures")
    parser.add_argument(
        "--inputs", nargs="+", action=cli.OrInput, required=True, help="the files that each figure is drawn from, as JSON"
    )
    parser.add_argument(
        "--outputs",
        type=cli.Output,
        nargs="+",
        required=True,
        help="the SVG of each figure; PNG and CSV go next to it",
    )
    cli.run(main, parser, one_each=("figures", "inputs"))
