"""What these tests share: the chain in miniature, and ``sublearn trace`` asked about it."""

from collections.abc import Callable

import pytest

from sublearn.core import records
from sublearn.provenance import trace


@pytest.fixture
def tell(workshop, capsys) -> Callable[..., tuple[int, str]]:
    """Trace a file of the chain; returns exit status and what was said."""
    workshop.chain()

    def run(*arguments: object) -> tuple[int, str]:
        records.records_in.cache_clear()
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            trace.main(trace.parser().parse_args(list(map(str, arguments))))
        return int(left.value.code or 0), capsys.readouterr().out

    return run
