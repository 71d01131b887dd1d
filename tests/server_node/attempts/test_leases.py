"""Leases by the node's own clock: renewed from when a heartbeat was sent, and given up before the server's deadline."""

from server_node.attempts.events import LinkClosed, Ticked
from server_node.attempts.instructions import CloseLink, StopRunning
from shared.node_messages import Heartbeat, HeartbeatAck, StopAttempt, StopMode
from tests.server_node.builders import LEASE_SECONDS, Driver, a_welcome_driver, of, said

MARGIN_SECONDS = 0.2 * LEASE_SECONDS


def tick(driver: Driver, after: float = 0.0) -> list[object]:
    return list(driver.feed(Ticked(1000), after=after))


def test_a_welcome_is_answered_with_a_heartbeat_at_once() -> None:
    assert [type(message) for message in said(Driver().welcome())] == [Heartbeat]


def test_heartbeats_name_what_runs_and_how_much_ram_is_free() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    (beat,) = said(driver.feed(Ticked(1234), after=2.0))
    assert beat == Heartbeat(2, (key,), 1234)


def test_an_attempt_stops_by_itself_before_the_servers_deadline() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    offered = driver.now
    driver.feed(LinkClosed(driver.link, "cut"))
    assert driver.core.next_deadline_seconds() == offered + LEASE_SECONDS - MARGIN_SECONDS
    assert not of(StopRunning, driver.feed(Ticked(0), after=LEASE_SECONDS - MARGIN_SECONDS - 0.01))
    assert of(StopRunning, driver.feed(Ticked(0), after=0.02)) == [StopRunning(key, StopMode.CHECKPOINT)]


def test_an_acknowledged_heartbeat_renews_from_when_it_was_sent() -> None:
    driver = a_welcome_driver()
    driver.begin_running()
    driver.feed(Ticked(0), after=2.0)
    sent = driver.now
    driver.hear(HeartbeatAck(2), after=3.0)
    driver.feed(LinkClosed(driver.link, "cut"))
    assert driver.core.next_deadline_seconds() == sent + LEASE_SECONDS - MARGIN_SECONDS


def test_an_unacknowledged_heartbeat_renews_nothing() -> None:
    driver = a_welcome_driver()
    driver.begin_running()
    offered = driver.now
    driver.feed(Ticked(0), after=2.0)
    driver.feed(LinkClosed(driver.link, "cut"))
    assert driver.core.next_deadline_seconds() == offered + LEASE_SECONDS - MARGIN_SECONDS


def test_a_late_acknowledgement_never_shortens_a_lease() -> None:
    driver = a_welcome_driver()
    driver.begin_running()
    driver.feed(Ticked(0), after=2.0)
    driver.feed(Ticked(0), after=2.0)
    newest = driver.now
    driver.hear(HeartbeatAck(3))
    driver.hear(HeartbeatAck(2))
    driver.feed(LinkClosed(driver.link, "cut"))
    assert driver.core.next_deadline_seconds() == newest + LEASE_SECONDS - MARGIN_SECONDS


def test_an_abandoned_attempt_is_no_longer_named() -> None:
    driver = a_welcome_driver()
    key = driver.begin_running()
    driver.hear(StopAttempt(key, StopMode.ABANDON, "fenced"))
    (beat,) = said(driver.feed(Ticked(0), after=2.0))
    assert isinstance(beat, Heartbeat)
    assert beat.attempts == ()


def test_a_server_that_says_nothing_is_dialled_anew() -> None:
    driver = a_welcome_driver()
    for _ in range(4):
        assert not of(CloseLink, driver.feed(Ticked(0), after=2.0))
    assert of(CloseLink, driver.feed(Ticked(0), after=2.0))
    assert not driver.core.is_welcome
