"""An expression ends in time and within its memory, and the next one is answered right."""

import signal
import subprocess
import sys
import threading
import time

import pytest

from engine.execution import feel

ENDLESS = 'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "(a+)+$")'
GREEDY = 'for n in 1..1000000000 return "text"'


@pytest.mark.parametrize(("expression", "error"), [(ENDLESS, feel.FeelEndless), (GREEDY, (feel.FeelGreedy, feel.FeelEndless))])
def test_an_endless_or_greedy_expression_ends_within_a_second(expression, error):
    feel.start()
    begun = time.process_time()

    with pytest.raises(error) as raised:
        feel.evaluate(expression)

    assert time.process_time() - begun < 1  # of this process's own work: the machine may be busy with other tests
    assert expression in raised.value.sentence("sv")
    assert feel.evaluate("1 + 1") == 2


def test_what_earlier_expressions_left_in_memory_is_no_fault_of_the_next():
    feel.start()
    isolate = feel._interpreter._ready()
    isolate.set_hard_memory_limit(1_000_000)  # less than the interpreter itself holds: as if the rest were full

    answer = feel.evaluate("count(for n in 1..60000 return [n + 0.5, n])")

    assert answer == 60_000
    assert feel._interpreter._isolate is not isolate, "the full isolate was replaced, so this showed something"


def test_an_interrupted_expression_does_not_answer_for_the_next():
    class Interrupted(Exception):
        pass

    def interrupt(_signal, _frame):
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)

    with pytest.raises(Interrupted):
        feel.evaluate(ENDLESS)

    signal.signal(signal.SIGALRM, before)
    assert [feel.evaluate(f"{n} + 1") for n in range(5)] == [1, 2, 3, 4, 5]


def test_a_deep_expression_is_an_error_and_no_crash():
    with pytest.raises(feel.FeelError):
        feel.evaluate("(" * 20_000 + "1" + ")" * 20_000)

    assert feel.evaluate("1 + 1") == 2


def test_a_deep_value_is_an_error_and_no_crash():
    value: list[object] = []
    for _ in range(5_000):
        value = [value]

    with pytest.raises(feel.NotAFeelValue):
        feel.evaluate("value", {"value": value})


def test_threads_share_the_isolate_of_the_main_thread():
    feel.start()
    values = []

    threads = [threading.Thread(target=lambda n=n: values.append(feel.evaluate("n * 2", {"n": n}))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(values) == list(range(0, 40, 2))


def _run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def test_the_first_use_in_a_thread_is_refused_in_a_sentence():
    said = _run("""
import threading
from engine.execution import feel
def first():
    try:
        feel.evaluate("1")
    except feel.FeelNotStarted as error:
        print(error.sentence("en"))
thread = threading.Thread(target=first)
thread.start()
thread.join()
""")

    assert "feel.start()" in said


def test_a_fork_after_the_start_is_refused_in_a_sentence():
    said = _run("""
import os
from engine.execution import feel
feel.start()
if os.fork() == 0:
    try:
        feel.evaluate("1")
    except feel.FeelNotStarted as error:
        print(error.sentence("en"), flush=True)
    os._exit(0)
os.wait()
""")

    assert "feel.start()" in said


def test_a_missing_bundle_says_what_to_run():
    said = _run("""
from pathlib import Path
from engine.execution import feel
feel.BUNDLE = Path("nowhere") / "feel.js"
try:
    feel.start()
except feel.FeelBundleMissing as error:
    print(error.sentence("sv"))
""")

    assert "make assets" in said
    assert "Traceback" not in said
