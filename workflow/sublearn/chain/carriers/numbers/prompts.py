"""Number prompts: a few seed numbers, and the request to go on (paper, section 3.1)."""

from typing import Any

import numpy as np

from sublearn.core import seeds
from sublearn.language.style import Style


def draw(kind: Any, recipe: Any, style: Style, study_seed: int, run: int) -> list[str]:
    """Draw prompts in the order of the authors' code, so that their style and their seed give their prompts."""
    rng = seeds.generator("prompts", study_seed, run) if recipe.pool is None else np.random.default_rng(recipe.pool)
    grammar = style.grammar
    return [grammar.prompt(grammar.numbers(rng), rng) for _ in range(recipe.prompts)]
