"""More work than fits is refused at once, and nobody's own trouble becomes everybody's."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from medtime_backend.local.options import StackInfo
from tests.accounts import Account, entity
from tests.http.problems import problem_of
from tests.http.test_failures import locked
from tests.http.two_services import at
from tests.serve.served import patient, served

pytestmark = pytest.mark.xdist_group("serve")


async def taken_in(there: Account, amount: int) -> None:
    """Wait until the service says that so many sync requests are inside; at most 30 s."""
    async with asyncio.timeout(30):
        while f"sync_queue_depth {amount}.0" not in (await there.http.get("/metrics")).text:
            pass


async def test_beyond_the_limit_it_says_so_at_once(
    stack: StackInfo, user: Account, account: Callable[[], Awaitable[Account]]
) -> None:
    other = await account()
    for owner in (user, other):
        assert (await owner.push("phone", entity())).status_code == 200
    async with (
        served(stack, **patient(stack), concurrent_requests="4") as service,
        at(service.address, user) as there,
        at(service.address, other) as elsewhere,
    ):
        async with locked(stack, user.user_id), locked(stack, other.user_id):
            # Half of the places each, which is all that one owner gets.
            waiting = [asyncio.create_task(phone.push("phone", entity())) for phone in (there, elsewhere) * 2]
            await taken_in(there, 4)
            answer = await asyncio.wait_for(there.pull("tablet"), 20)
            problem_of(answer, 503, "overloaded")
            assert 1 <= int(answer.headers["retry-after"]) <= 3
            assert (await there.http.get("/health/live")).status_code == 200
            assert (await there.http.get("/health/ready")).status_code == 200
        assert {(await one).status_code for one in waiting} == {200}
        assert (await there.pull("tablet")).status_code == 200
        await taken_in(there, 0)


async def test_one_owner_cannot_hold_the_pool(
    stack: StackInfo, user: Account, account: Callable[[], Awaitable[Account]]
) -> None:
    """Ten pushes of one owner wait with one connection, and those beyond the line are told to come back."""
    other = await account()
    assert (await user.push("phone", entity())).status_code == 200
    async with (
        served(
            stack, **patient(stack), database_pool_size="2", database_pool_timeout="40", concurrent_requests="18"
        ) as service,
        at(service.address, user) as there,
        at(service.address, other) as elsewhere,
    ):
        async with locked(stack, user.user_id):
            waiting = [asyncio.create_task(there.push("phone", entity())) for _ in range(10)]
            await taken_in(there, 9)
            assert (await asyncio.wait_for(elsewhere.push("phone", entity()), 20)).status_code == 200
            assert (await asyncio.wait_for(elsewhere.pull("phone"), 20)).status_code == 200
        answers = [(await one).status_code for one in waiting]
    assert answers.count(200) == 9
    assert answers.count(503) == 1


async def test_a_request_that_takes_too_long_is_ended(stack: StackInfo, user: Account) -> None:
    assert (await user.push("phone", entity())).status_code == 200
    async with served(stack, **patient(stack), request_timeout="3") as service, at(service.address, user) as there:
        given = entity()
        async with locked(stack, user.user_id):
            problem_of(await asyncio.wait_for(there.push("phone", given), 30), 503, "busy")
        assert (await there.push("phone", given)).status_code == 200
        assert len((await there.pull_all("tablet"))[0]) == 2


async def test_an_answer_that_the_database_owes_is_not_waited_for(stack: StackInfo, user: Account) -> None:
    async with (
        served(stack, **{**patient(stack), "database_statement_timeout": "3"}) as service,
        at(service.address, user) as there,
    ):
        assert (await there.push("phone", entity())).status_code == 200
        async with locked(stack, user.user_id):
            problem_of(await asyncio.wait_for(there.push("phone", entity()), 30), 503, "busy")
