"""A node asks who calls it, and remembers the answer for a moment."""

from collections.abc import AsyncIterator

import grpc
import pytest

from server_node.connection.caller_check import REMEMBERED_SECONDS, CallerCheck
from server_node.ports import CheckedCaller
from shared.clock import SystemClock
from shared.errors import NotAuthenticated, ServerUnreachable
from shared.permissions import Permission
from tests.server_node.connection.scripted_server import ScriptedServer


class MovedClock(SystemClock):
    """Moved by hand."""

    now_seconds = 100.0

    def monotonic_seconds(self) -> float:
        return self.now_seconds


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    server = await ScriptedServer().start()
    yield server
    await server.stop()


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def callers(server: ScriptedServer, clock: MovedClock) -> AsyncIterator[CallerCheck]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:

        async def present() -> grpc.aio.Channel:
            return channel

        yield CallerCheck(channel=present, clock=clock)


async def test_an_answer_is_remembered_for_a_moment(
    server: ScriptedServer, callers: CallerCheck, clock: MovedClock
) -> None:
    ada = CheckedCaller("ada", "submitter", token_id="tok-1", host="10.0.0.9")
    for _ in range(3):
        assert await callers.check("Bearer good", "10.0.0.9", Permission.PREDICT, "Predict") == ada
    assert len(server.questions) == 1
    clock.now_seconds += REMEMBERED_SECONDS
    await callers.check("Bearer good", "10.0.0.9", Permission.PREDICT, "Predict")
    assert len(server.questions) == 2


async def test_another_permission_and_another_address_are_asked_for_anew(
    server: ScriptedServer, callers: CallerCheck
) -> None:
    for host, permission in (("a", Permission.PREDICT), ("a", Permission.TERMINAL), ("b", Permission.PREDICT)):
        await callers.check("Bearer good", host, permission, "something")
    assert len(server.questions) == 3


async def test_a_refusal_is_the_servers_and_is_not_remembered(server: ScriptedServer, callers: CallerCheck) -> None:
    for _ in range(2):
        with pytest.raises(NotAuthenticated, match="the token is not known here"):
            await callers.check("Bearer bad", "a", Permission.PREDICT, "Predict")
    assert len(server.questions) == 2


async def test_what_is_no_bearer_does_not_count_as_nothing(server: ScriptedServer, callers: CallerCheck) -> None:
    with pytest.raises(NotAuthenticated):
        await callers.check("Basic YTpi", "127.0.0.1", Permission.PREDICT, "Predict")
    assert server.questions == []


@pytest.mark.parametrize(
    ("authorization", "host", "permission", "seconds", "is_let_in"),
    [
        ("Bearer good", "10.0.0.9", Permission.PREDICT, 59, True),
        ("Bearer good", "10.0.0.9", Permission.PREDICT, 60, False),
        ("Bearer good", "127.0.0.1", Permission.PREDICT, 60, False),
        ("", "127.0.0.1", Permission.PREDICT, 3600, True),
        ("", "10.0.0.9", Permission.PREDICT, 3600, False),
        ("Bearer good", "10.0.0.9", Permission.TERMINAL, 59, False),
    ],
)
async def test_who_was_let_in_goes_on_predicting_for_a_while_when_no_server_answers(
    server: ScriptedServer,
    callers: CallerCheck,
    clock: MovedClock,
    authorization: str,
    host: str,
    permission: Permission,
    seconds: float,
    is_let_in: bool,
) -> None:
    server.lets_in_without_token = True
    somebody = await callers.check(authorization, host, permission, "something")
    await server.stop()
    clock.now_seconds += seconds
    if is_let_in:
        assert await callers.check(authorization, host, permission, "something") == somebody
    else:
        with pytest.raises(ServerUnreachable):
            await callers.check(authorization, host, permission, "something")


async def test_a_server_that_takes_its_word_back_is_believed_at_once(
    server: ScriptedServer, callers: CallerCheck, clock: MovedClock
) -> None:
    server.lets_in_without_token = True
    await callers.check("", "127.0.0.1", Permission.PREDICT, "Predict")
    server.lets_in_without_token = False
    clock.now_seconds += REMEMBERED_SECONDS
    with pytest.raises(NotAuthenticated):
        await callers.check("", "127.0.0.1", Permission.PREDICT, "Predict")
    await server.stop()
    with pytest.raises(ServerUnreachable):
        await callers.check("", "127.0.0.1", Permission.PREDICT, "Predict")


async def test_nobody_is_let_in_while_no_server_answers(server: ScriptedServer, callers: CallerCheck) -> None:
    await server.stop()
    with pytest.raises(ServerUnreachable, match="try again shortly"):
        await callers.check("Bearer good", "a", Permission.PREDICT, "Predict")


async def test_something_of_the_node_is_told_to_the_audit_log(server: ScriptedServer, callers: CallerCheck) -> None:
    await callers.record(CheckedCaller("ada", "operator", host="a"), "terminal opened", subject="session-1")
    (report,) = server.reports
    assert (report.user_id, report.action, report.subject, report.result) == (
        "ada",
        "terminal opened",
        "session-1",
        "ok",
    )
