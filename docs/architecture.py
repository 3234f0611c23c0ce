"""Print the packages of sublearn and their imports as a graph for Graphviz; pyproject.toml says on which floor each is.

make docs/architecture.svg
"""

import importlib
import re
import textwrap
import tomllib
from itertools import permutations
from pathlib import Path

import grimp

PROJECT = Path(__file__).parents[1]
STYLE = """  graph [rankdir=TB, ranksep=0.35, nodesep=0.25, newrank=true]
  node [shape=box, style=rounded, color=steelblue, fontname="sans-serif", fontsize=10, margin="0.15,0.08"]
  edge [color=grey, arrowsize=0.7]"""


def floors() -> list[list[str]]:
    """The packages of each floor, from the top: those of the import linter's first contract."""
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = [re.findall(r"\w+", layer) for layer in contracts[0]["layers"]]
    return [layer for layer in layers if layer != ["__main__"]]


def label(package: str) -> str:
    """The package's name in bold, and what it holds."""
    docstring = (importlib.import_module(f"sublearn.{package}").__doc__ or "").rstrip(".\n")
    return f"<<b>{package}</b><br/>{'<br/>'.join(textwrap.wrap(docstring, 34, break_on_hyphens=False))}>"


def main() -> None:
    graph, packages = grimp.build_graph("sublearn", exclude_type_checking_imports=True, cache_dir=None), floors()
    print(f"digraph sublearn {{\n{STYLE}")
    for floor in packages:
        boxes = "; ".join(f"{package} [label={label(package)}]" for package in floor)
        print(f"  {{ rank=same; {boxes} }}")
    for above, below in permutations([name for floor in packages for name in floor], 2):
        if graph.direct_import_exists(importer=f"sublearn.{above}", imported=f"sublearn.{below}", as_packages=True):
            print(f"  {above} -> {below}")
    print("}")


if __name__ == "__main__":
    main()
