"""The ledger: promises are held, compiled accounts replace them when they fit, and everything is given back."""

import pytest

from server_node.execution.memory_ledger import MemoryLedger
from shared.errors import OutOfMemory
from tests.server_node.builders import a_key


def test_an_account_replaces_its_own_promise() -> None:
    ledger = MemoryLedger({"cpu:0": 100})
    ledger.reserve(a_key("a"), "cpu:0", 90)
    ledger.claim(a_key("a"), 100)


def test_an_account_that_does_not_fit_beside_the_others_is_refused_and_its_promise_stays() -> None:
    ledger = MemoryLedger({"cpu:0": 100})
    ledger.reserve(a_key("a"), "cpu:0", 60)
    ledger.reserve(a_key("b"), "cpu:0", 40)
    with pytest.raises(OutOfMemory, match="needs 41 bytes on cpu:0; 40 of 100"):
        ledger.claim(a_key("b"), 41)
    with pytest.raises(OutOfMemory):
        ledger.claim(a_key("a"), 61)


def test_devices_do_not_share() -> None:
    ledger = MemoryLedger({"cpu:0": 100, "cuda:0": 100})
    ledger.reserve(a_key("a"), "cpu:0", 100)
    ledger.reserve(a_key("b"), "cuda:0", 0)
    ledger.claim(a_key("b"), 100)


def test_what_is_released_can_be_claimed_again() -> None:
    ledger = MemoryLedger({"cpu:0": 100})
    ledger.reserve(a_key("a"), "cpu:0", 100)
    ledger.release(a_key("a"))
    ledger.reserve(a_key("b"), "cpu:0", 0)
    ledger.claim(a_key("b"), 100)
