"""A short run of `make fuzz`: every parser on some damaged and some generated input."""

import signal
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import generated
import mutation
import running
from loaders import LOADERS
from parsers import PARSERS, clean

EVERY = {one.name: one for one in (*PARSERS, *LOADERS)}


@pytest.fixture(scope="module", autouse=True)
def _clean():
    before = {one: signal.getsignal(one) for one in (signal.SIGALRM, signal.SIGPROF)}
    running.listen()
    yield
    for one, handler in before.items():
        signal.signal(one, handler)
    clean()


@pytest.mark.parametrize("name", EVERY)
def test_damaged_input_is_refused_in_one_line(name):
    parser = EVERY[name]
    made = mutation.inputs(parser.seeds(), name)
    running.warm(parser)
    assert [running.fault_of(parser, made(number)) for number in range(40)] == [None] * 40


@pytest.mark.parametrize("name", [one.name for one in PARSERS])
def test_generated_input_is_refused_in_one_line(name):
    made = generated.inputs(name, 0)
    assert [running.fault_of(EVERY[name], made(number)) for number in range(20)] == [None] * 20


def test_a_finding_is_found(monkeypatch):
    """The harness itself: an exception, a refusal of two lines and a parser that stands still."""
    broken = parser_that(lambda data: {}[data])
    assert "KeyError" in running.fault_of(broken, b"x")
    from bench.errors import InputError

    def two_lines(data):
        raise InputError("a\nb")

    assert running.fault_of(parser_that(two_lines), b"") == "a refusal of several lines"
    monkeypatch.setattr(running, "SECONDS", 0.05)
    assert "Hang" in running.fault_of(parser_that(lambda data: time.sleep(5)), b"")
    assert "Hang" in running.fault_of(
        parser_that(lambda data: any(n < 0 for n in range(10**10))), b""
    )


def parser_that(does):
    from parsers import Parser

    return Parser("broken", lambda: (b"x",), does)
