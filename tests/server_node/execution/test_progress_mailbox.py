"""The mailbox: order kept, live progress coalesced, one wake-up, and a bound that holds threads back."""

import threading

from server_node.execution.progress_mailbox import ProgressMailbox
from server_node.telemetry_records import LiveProgress, LogLine
from tests.server_node.builders import a_key


def live(step: int, job_id: str = "job") -> LiveProgress:
    return LiveProgress(a_key(job_id), step, 10, 1, 1, 0, 0, {})


def line(text: str) -> LogLine:
    return LogLine(a_key(), 0, "info", text)


def put_three(mailbox: ProgressMailbox) -> None:
    for number in range(3):
        mailbox.put(line(str(number)))


def test_only_the_newest_live_progress_of_each_attempt_is_kept() -> None:
    mailbox = ProgressMailbox(lambda: None)
    for item in (live(1), line("a"), live(2), live(7, "other"), line("b")):
        mailbox.put(item)
    assert mailbox.drain() == [line("a"), line("b"), live(2), live(7, "other")]
    assert mailbox.drain() == []


def test_the_loop_is_woken_once_between_two_drains() -> None:
    wakes: list[int] = []
    mailbox = ProgressMailbox(lambda: wakes.append(1))
    for step in range(5):
        mailbox.put(live(step))
    assert len(wakes) == 1
    mailbox.drain()
    mailbox.put(live(9))
    assert len(wakes) == 2


def test_a_full_mailbox_holds_its_thread_back_until_it_is_drained() -> None:
    mailbox = ProgressMailbox(lambda: None, bound=2)
    thread = threading.Thread(target=put_three, args=(mailbox,))
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    assert len(mailbox.drain()) == 2
    thread.join(5)
    assert mailbox.drain() == [line("2")]


def test_a_closed_mailbox_lets_everybody_go() -> None:
    mailbox = ProgressMailbox(lambda: None, bound=1)
    thread = threading.Thread(target=put_three, args=(mailbox,))
    thread.start()
    mailbox.close()
    thread.join(5)
    assert not thread.is_alive()
