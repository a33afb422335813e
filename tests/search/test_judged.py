"""The judged set: what people expect is up where they look."""

import asyncpg
import pytest

from tests.search.judged import judge, mean_reciprocal_rank, recall


async def test_what_is_expected_is_among_the_first(
    visitor: asyncpg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    judged = await judge(visitor)
    assert len(judged) >= 150
    figures = {f"recall@{within}": recall(judged, within) for within in (1, 3, 10)}
    figures["MRR"] = mean_reciprocal_rank(judged)
    with capsys.disabled():
        print(f"\n{len(judged)} queries:", ", ".join(f"{name} {value:.3f}" for name, value in figures.items()))  # noqa: T201 - the figure is asked for
    missed = {one.query: one.missed(3) for one in judged if one.missed(3)}
    assert figures["recall@3"] >= 0.95, missed
    assert figures["MRR"] >= 0.9
