"""The process of one user's model: limits itself, loads JAX and the usual engine, and answers questions.

Started by `process` and by nobody else. Nothing of the user's is read before the limits are set.
"""

from __future__ import annotations

import ctypes
import signal
import socket
import sys

from server_node.training.host_memory import keep_freed_memory
from server_node.user_code.channel import Channel, ChannelClosed
from server_node.user_code.limits import set_limits
from server_node.user_code.messages import Answer, Begin, Question

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def main(descriptor: int) -> None:
    """Answer until nobody asks any more."""
    system = ctypes.CDLL(None)
    system.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    system.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what it starts stays below it, and so is found and killed
    channel = Channel(socket.socket(fileno=descriptor))
    try:
        begin = channel.receive(Begin)
        set_limits(begin.limits)
        keep_freed_memory()
        from server_node.user_code.child_work import ChildWork  # noqa: PLC0415 - loads JAX, after the limits

        work = ChildWork(begin)
        channel.send(Answer())
        while True:
            channel.send(work.answer(channel.receive(Question)))
    except ChannelClosed:
        return


if __name__ == "__main__":
    main(int(sys.argv[1]))
