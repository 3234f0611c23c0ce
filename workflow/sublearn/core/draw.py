"""Draw the figures of a study, each as SVG, PNG and the data that it shows.

    python -m sublearn.core.draw --package sublearn.chain.findings.figures --figures rates --inputs JSON --outputs FILE

One process draws all figures, since importing what draws takes longer than drawing.
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
        drawing.save(*figures.get(name).draw(Inputs(json.loads(inputs))), output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", required=True, help="where the figures of this kind of study are found")
    parser.add_argument("--figures", nargs="+", required=True, help="their names")
    parser.add_argument("--inputs", nargs="+", required=True, help="what each is drawn from, as JSON")
    parser.add_argument("--outputs", nargs="+", required=True, help="the SVG of each; PNG and CSV lie beside it")
    cli.run(main, parser, one_each=("figures", "inputs"))
