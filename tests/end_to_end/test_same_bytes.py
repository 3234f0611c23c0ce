"""The same study gives the same bytes, whatever the number of cores and the folder."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("micro")]


def test_two_cores_and_another_folder_give_the_bytes_of_one_core(micro, fresh):
    done = fresh.snakemake("--cores", "2", "--verbose", study="micro")
    said = done.stdout + done.stderr
    # Snakemake looks at all waiting jobs when one has ended, and not besides, which takes a core in a long study.
    assert 0 < said.count("Ready jobs: ") <= said.count("Finished jobid: ") + 5
    # So DVC sees no difference in data, weights, tables, figures and records of provenance.
    one, two = micro.made("micro"), fresh.made("micro")
    assert len(one) > 40 and one.keys() == two.keys()
    assert [name for name in sorted(one) if one[name] != two[name]] == []
