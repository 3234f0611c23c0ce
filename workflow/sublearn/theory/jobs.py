"""Turn the theorem's plans into jobs: the outputs, inputs and parameters of each rule. The rules hold no logic."""

import json
from collections.abc import Callable
from typing import Any

from sublearn.planning.jobs import Jobs
from sublearn.theory.plan import TheoryPlan


class TheoryJobs(Jobs[TheoryPlan]):
    """The jobs of the theorem's studies; rules call the methods with the wildcard ``study``."""

    def recipe(self, name: str) -> Callable[[Any], str]:
        """The recipe of the table of that name, as JSON, as a function of the wildcards."""

        def recipe_of(wildcards: Any) -> str:
            table = self.named(wildcards.study).find("evaluations", name)
            assert table is not None
            return json.dumps(table.recipe, sort_keys=True)

        return recipe_of

    def seed(self, wildcards: Any) -> int:
        return self.named(wildcards.study).study.seed
