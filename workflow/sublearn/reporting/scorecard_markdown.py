"""Write the scorecard as Markdown."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from sublearn.core.markdown import plain
from sublearn.reporting.scorecard_rows import NOT_RUN, ORDER, PAPER, Row

ABOUT = (
    "One row per claim of every study in `config/studies`; repeats of the default have tables of their own, in "
    "`results/robustness`. Bounds are ours, and were committed before the study was run (those of `tiny-forms` after "
    "trials on the same models); the paper gives signs and a few numbers. A claim is *reproduced* if the whole interval "
    "(or, where its rule says so, the mean) lies on the claimed side of the bound, *opposite* if the whole interval lies "
    "on the other side (below zero, where it should lie above a bound, unless the rule names another value), and "
    "otherwise *not reproduced*. Verdicts are not corrected for the number of claims.",
    "**All models that were run are small**, and most are stand-ins: language models and networks that the pipeline "
    "trains itself, small images, the theorem's own networks. They say whether a claim holds there. They say nothing "
    "about how strong an effect is in large models. An interval covers the units that are named with it, and nothing that "
    "they share.",
    "A claim is *the paper's* if its source is a place there. *Ours, after the paper* varies what the paper says or "
    "assumes: where a condition of its theorem is dropped, say. *Ours* and *later work* are not in the paper.",
)


def shown(verdict: str) -> str:
    """A verdict, in words."""
    return verdict.replace("_", " ")


def headline(rows: Sequence[Row]) -> str:
    """The verdicts on the paper's own claims, in one sentence."""
    counts = Counter(row.verdict for row in rows if row.origin == PAPER)
    kinds = Counter(row.kind for row in rows if row.origin == PAPER and row.verdict != NOT_RUN)
    of_kinds = f" ({', '.join(f'{kind}: {count}' for kind, count in kinds.items())})" if len(kinds) > 1 else ""
    parts = [f"{counts[verdict]} {shown(verdict)}" for verdict in ORDER[:-1] if counts[verdict]]
    told = f": {', '.join(parts)}" if parts else ""
    return f"The paper's claims were put to {kinds.total()} tests here, one for each study that asks{of_kinds}{told}"


def caveat(rows: Sequence[Row]) -> str:
    """How many of the paper's claims are reproduced by their means alone, in one sentence."""
    alone = sum(row.by_mean_alone for row in rows if row.origin == PAPER)
    return f"Of those reproduced, {alone} are so by the mean alone, as their rules ask: the interval holds the bound."


def totals(rows: Sequence[Row]) -> list[tuple[str, str, list[int]]]:
    """By study: its name, its title, and how many claims have each verdict, in the order of ``ORDER``."""
    made = []
    for name, of_study in groupby(rows, lambda row: row.study):
        own = list(of_study)
        counts = Counter(row.verdict for row in own)
        made.append((name, own[0].title, [counts[verdict] for verdict in ORDER]))
    return made


def page(rows: Sequence[Row]) -> str:
    """The scorecard; it links to figures beside it."""
    heads = ["study", *map(shown, ORDER)]
    lines = ["# Scorecard", "", f"{headline(rows)}. {caveat(rows)}", "", *(line for text in ABOUT for line in (text, ""))]
    lines += [_line(heads), _rule(heads)]
    lines += [_line([f"`{name}`", *(str(count or "") for count in counts)]) for name, _, counts in totals(rows)]
    for name, of_study in groupby(rows, lambda row: row.study):
        own = list(of_study)
        lines += ["", f"## `{name}`: {plain(own[0].title)}" if own[0].title else f"## `{name}`", ""]
        if all(row.verdict == NOT_RUN for row in own):
            heads = ["claim", "made by", "source", "the paper's number", "rule"]
            lines += [f"Not run. {own[0].change.replace('Run it: ', 'Run it: `')}`", "", _line(heads), _rule(heads)]
            lines += [_line([_claim(row), row.origin, *_source(row), row.rule.rule]) for row in own]
        else:
            heads = ["claim", "made by", "source", "the paper's number", "ours", "95 % interval", "over", "verdict", "rule",
                     "what it would take to change it", "figure"]  # fmt: skip
            lines += [_line(heads), _rule(heads), *(_judged(row) for row in own)]
    return "\n".join(lines) + "\n"


def _claim(row: Row) -> str:
    return f"{plain(row.rule.statement)} (`{plain(row.rule.claim)}`)"


def _source(row: Row) -> list[str]:
    return [plain(row.rule.source), plain(row.rule.paper_value)]


def _judged(row: Row) -> str:
    figure = f"[figure]({row.figure})" if row.figure else ""
    return _line([_claim(row), row.origin, *_source(row), row.value, row.interval, row.unit,
                  f"**{shown(row.verdict)}**", row.rule.rule, row.change, figure])  # fmt: skip


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _rule(heads: Sequence[str]) -> str:
    return f"|{'---|' * len(heads)}"
