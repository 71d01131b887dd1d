"""What befalls the bytes of a message on their way, drawn by hypothesis. It sends nothing."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True, slots=True)
class Mutation:
    """What befalls the bytes on their way.

    Attributes:
        keep: of a thousand, how much of them arrives.
        flip_at: of a thousand, where a byte is changed; negative for nowhere.
        times: how often they arrive, one after the other in one message.
    """

    keep: int = 1000
    flip_at: int = -1
    flip_with: int = 0
    times: int = 1

    def applied_to(self, raw: bytes) -> bytes:
        """Return what arrives."""
        kept = bytearray(raw[: len(raw) * self.keep // 1000] * self.times)
        if kept and self.flip_at >= 0:
            kept[len(kept) * self.flip_at // 1000] ^= self.flip_with
        return bytes(kept)


intact = st.just(Mutation())
mutations = st.builds(
    Mutation,
    keep=st.sampled_from([1000, 1000, 990, 500, 10]),
    flip_at=st.integers(-1, 999),
    flip_with=st.integers(0, 255),
    times=st.sampled_from([1, 1, 2, 50]),
)
