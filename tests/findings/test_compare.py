"""Tables are equal when their text is and their numbers are to 1e-12."""

import numpy as np
import pandas as pd
import pytest

from sublearn.findings.compare import difference

TABLE = pd.DataFrame({"arm": ["same_base", None], "effect": [0.5, np.nan], "runs": [4, 4]})


def changed(column: str, row: int, value: object) -> pd.DataFrame:
    table = TABLE.copy()
    table[column] = [value if i == row else old for i, old in enumerate(table[column])]
    return table


def test_equal_tables_do_not_differ():
    assert difference(TABLE, TABLE.copy()) == ""
    assert difference(TABLE.head(0), TABLE.head(0)) == ""
    assert difference(TABLE[["effect"]].tail(1), TABLE[["effect"]].tail(1)) == ""


def test_numbers_may_differ_by_rounding_and_no_more():
    assert difference(changed("effect", 0, 0.5 + 1e-13), TABLE) == ""
    assert difference(changed("effect", 0, 0.5 + 3e-12), TABLE) == "differs by up to 3e-12"
    assert difference(changed("runs", 1, 5), TABLE) == "differs by up to 1"


@pytest.mark.parametrize(("row", "value"), [(0, np.nan), (1, 0.5)])
def test_a_missing_number_differs_from_a_number(row, value):
    assert difference(changed("effect", row, value), TABLE).startswith("differs")


def test_text_must_be_the_same():
    assert difference(changed("arm", 0, "other_base"), TABLE) == "differs in arm"
    assert difference(changed("arm", 1, "other_base"), TABLE) == "differs in arm"
    assert difference(changed("effect", 0, "half"), TABLE) == "differs in effect"


def test_rows_and_columns_must_be_the_same():
    for other in (
        TABLE.head(1),
        TABLE[["arm", "runs"]],
        TABLE[["runs", "effect", "arm"]],
        TABLE.rename(columns={"runs": "run"}),
    ):
        assert difference(other, TABLE) != ""
        assert difference(TABLE, other) != ""
