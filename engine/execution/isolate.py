"""One V8 isolate that is called and waited for in the same thread, within a time and a memory limit.

MiniRacer's own ``eval`` hands every call to an asyncio loop in a thread of its own; the changes of thread took longer than
the expression. What it does inside is done here without the loop. Those names are not public: the release is pinned.
"""

from __future__ import annotations

import queue
import time
from typing import Any

from py_mini_racer import JSTimeoutException, MiniRacer

IN_ORDER = 0
"""MiniRacer's number for calls whose answers come through a queue, one after the other."""
PATIENCE = 8
"""How many times its limit a call may take by the clock, when it has not had the processor."""


class Isolate(MiniRacer):
    """An isolate with some JavaScript loaded."""

    def __init__(self, source: str, memory_limit: int) -> None:
        super().__init__()
        self.eval(source)
        self.set_hard_memory_limit(memory_limit)

    def answer(self, code: str, time_limit: float) -> str:
        """Run the code and return its value as text. One thread at a time.

        Raises JSTimeoutException after so many seconds of work; JSOOMException, and JSEvalException for what the code throws.
        After any of them the isolate must not be used again: what was stopped may still answer.
        """
        context: Any = self._ctx
        text = context._python_to_value_handle(code)
        task = context._dll.mr_eval(context._ctx, text.raw, IN_ORDER)
        try:
            answer = _waited_for(context._non_cancelable_mr_task_results_queue, time_limit)
        except queue.Empty as error:
            raise JSTimeoutException from error
        finally:
            context._dll.mr_cancel_task(context._ctx, task)
        return str(context._value_handle_to_python(answer))


def _waited_for(answers: queue.Queue[Any], time_limit: float) -> Any:  # noqa: ANN401 - MiniRacer's handle
    """Return the next answer. Raises queue.Empty when the process has worked for it as long as the limit.

    On a machine where others take the processors an answer comes late and nobody is at fault: then more is waited, in
    slices, but never longer than ``PATIENCE`` limits by the clock.
    """
    began, worked = time.monotonic(), time.process_time()
    while True:
        try:
            return answers.get(timeout=time_limit / 10)
        except queue.Empty:
            waited = time.monotonic() - began
            if waited >= time_limit and (time.process_time() - worked >= time_limit * 0.8 or waited >= time_limit * PATIENCE):
                raise
