"""From plans of the theorem's studies to jobs: what each rule makes, reads and is told. The rules hold no logic."""

import json
from collections.abc import Callable
from typing import Any

from sublearn.planning.jobs import Jobs
from sublearn.theory.plan import TheoryPlan


class TheoryJobs(Jobs[TheoryPlan]):
    """The jobs of the studies of the theorem; the methods are functions of the wildcard ``study``."""

    def recipe(self, name: str) -> Callable[[Any], str]:
        """What makes the table of that name, as JSON."""

        def found(wildcards: Any) -> str:
            table = self.named(wildcards.study).find("evaluations", name)
            assert table is not None
            return json.dumps(table.recipe, sort_keys=True)

        return found

    def seed(self, wildcards: Any) -> int:
        return self.named(wildcards.study).study.seed
