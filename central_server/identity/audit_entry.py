"""One line of the audit log: who did what, when, from where, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

OK = "ok"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What somebody did or was refused.

    Attributes:
        sequence: the log's own number; 0 before it is written.
        role: of whoever asked; empty when nobody knows who it was.
        action: the rpc, as `JobService/CancelJob`, or the route, as `POST /api/v1/jobs/{job_id}/cancel`.
        subject: the job, node or token that it was about; empty for none.
        result: `ok`, or the stable code of the refusal.
        detail: one sentence more; empty for none.
    """

    at_ms: int
    user_id: str
    role: str
    token_id: str
    peer: str
    action: str
    subject: str
    result: str
    detail: str = ""
    sequence: int = 0
