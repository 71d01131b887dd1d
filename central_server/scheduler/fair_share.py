"""How much of the cluster each user has had lately: device seconds that fade, so that yesterday weighs less than now.

What a user's attempts hold now counts as if they ran `HORIZON_SECONDS` longer: of two users who begin together, the one
who has just been given a device stands behind the other. Time is an argument; nothing here knows of jobs.

    used(t) = used(s) · 2^(−(t−s)/h) + devices · h/ln 2 · (1 − 2^(−(t−s)/h))        h: half-life, devices held since s
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.identifiers import AttemptKey

HORIZON_SECONDS = 300.0


@dataclass(slots=True)
class _Account:
    """One user's use up to a moment, and the devices held since."""

    device_seconds: float = 0.0
    at_seconds: float = 0.0
    held: dict[AttemptKey, int] = field(default_factory=dict)

    @property
    def devices(self) -> int:
        return sum(self.held.values())


@dataclass(slots=True)
class FairShare:
    """The recent use of every user who has any.

    Attributes:
        half_life_seconds: after so long a device second counts half.
    """

    half_life_seconds: float
    _accounts: dict[str, _Account] = field(default_factory=dict)

    def begin_with(self, device_seconds: Mapping[str, float], now_seconds: float) -> None:
        """Take up what was counted before this server started."""
        for user_id, used in device_seconds.items():
            self._accounts[user_id] = _Account(max(0.0, used), now_seconds)

    def hold(self, user_id: str, key: AttemptKey, devices: int, now_seconds: float) -> None:
        """Count devices for an attempt from now on; told again, it changes nothing."""
        account = self._settled(user_id, now_seconds)
        account.held.setdefault(key, devices)

    def release(self, user_id: str, key: AttemptKey, now_seconds: float) -> bool:
        """Stop counting for an attempt; tell whether it was counted."""
        return self._settled(user_id, now_seconds).held.pop(key, None) is not None

    def devices_of(self, user_id: str) -> int:
        """Return how many devices the user's attempts hold now."""
        account = self._accounts.get(user_id)
        return account.devices if account else 0

    def attempts_of(self, user_id: str) -> int:
        """Return how many attempts of the user hold devices now."""
        account = self._accounts.get(user_id)
        return len(account.held) if account else 0

    def used_seconds(self, user_id: str, now_seconds: float) -> float:
        """Return the user's recent device seconds."""
        account = self._accounts.get(user_id)
        return self._used(account, now_seconds) if account else 0.0

    def weight(self, user_id: str, now_seconds: float) -> float:
        """Return what users are compared by; the lower one goes first.

        It is the logarithm of the use with the fading taken out, so that of users who hold nothing what was worked out
        at different moments compares. Rounded: what differs by less is equal.
        """
        account = self._accounts.get(user_id)
        used = self._used(account, now_seconds) + account.devices * HORIZON_SECONDS if account else 0.0
        return round(math.log2(used) + now_seconds / self.half_life_seconds, 6) if used > 0 else -math.inf

    def _settled(self, user_id: str, now_seconds: float) -> _Account:
        account = self._accounts.setdefault(user_id, _Account(at_seconds=now_seconds))
        account.device_seconds = self._used(account, now_seconds)
        account.at_seconds = now_seconds
        return account

    def _used(self, account: _Account, now_seconds: float) -> float:
        faded = math.exp2((account.at_seconds - now_seconds) / self.half_life_seconds)
        while_held = account.devices * self.half_life_seconds / math.log(2) * (1.0 - faded)
        return account.device_seconds * faded + while_held
