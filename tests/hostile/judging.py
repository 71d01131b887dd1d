"""What no call may end with, how often calls are drawn, and how much a process may grow meanwhile."""

from __future__ import annotations

import grpc
from hypothesis import HealthCheck, settings

from tests.hostile.calling import OF_THE_CLIENT, Ending

FEW = settings(max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=400)
GROWTH_BYTES = 16 * 2**20

OURS = frozenset({grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE})
"""Endings that say a mistake of ours: an exception that nobody meant, or a core that was dropped."""
CLOSED = frozenset({grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED})
"""Endings that say that a call never reached its method."""


def is_ours(ending: Ending) -> bool:
    """Tell whether a call ended by a mistake of ours, or without a word about why."""
    code, sentence = ending
    if sentence == OF_THE_CLIENT:
        return False
    return code in OURS or (code is not grpc.StatusCode.OK and not sentence)
