"""Seeded changes to bytes: the same seed and number, the same input, on any machine."""

import random
from collections.abc import Callable, Sequence

LONGEST = 1 << 15
BYTES = (0, 1, 9, 10, 13, 32, 34, 39, 44, 47, 60, 62, 91, 92, 123, 127, 128, 192, 255)
NUMBERS = (b"-1", b"0", b"65536", b"2147483648", b"9999999999", b"99999999999999999999", b"1e400")
TOKENS = (
    b"..", b"/", b"../../etc/passwd", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"null",
    b"NaN", b"Infinity", b"true", b"{}", b"[]", b'""', b"\\", b"\\u0000", b"\\ud800", b"<!--", b"-->",
    b"<![CDATA[", b"&#xD800;", b"&#99999999999;", b"&lol;", b"<script>", b"</", b"%s", b"\r\n",
    b"\xe2\x80\xa8", b"\xf4\x8f\xbf\xbf", b'"""', b"'''", b"#", b"[[", b"\xff" * 12,
)  # fmt: skip
Change = Callable[[random.Random, bytearray], None]


def inputs(seeds: Sequence[bytes], name: str, start: int = 0) -> Callable[[int], bytes]:
    """A function from a number to the mutated input of that number."""

    def made(number: int) -> bytes:
        rng = random.Random(f"{name} {start + number}")
        return mutated(rng, seeds)

    return made


def mutated(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds after one to eight changes, sometimes spliced with another seed."""
    data = bytearray(rng.choice(seeds))
    if rng.random() < 0.1:
        other = rng.choice(seeds)
        data[_place(rng, data) :] = other[rng.randrange(len(other) + 1) :]
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        rng.choice(CHANGES)(rng, data)
    return bytes(data[:LONGEST])


def _place(rng: random.Random, data: bytearray) -> int:
    return rng.randrange(len(data) + 1)


def _span(rng: random.Random, data: bytearray) -> slice:
    start = _place(rng, data)
    return slice(start, start + rng.choice((1, 2, 4, 8, 32, 200)))


def _flip(rng: random.Random, data: bytearray) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set(rng: random.Random, data: bytearray) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice(BYTES)


def _insert(rng: random.Random, data: bytearray) -> None:
    place = _place(rng, data)
    data[place:place] = rng.randbytes(rng.choice((1, 2, 4, 16)))


def _token(rng: random.Random, data: bytearray) -> None:
    place = _place(rng, data)
    data[place : place + rng.choice((0, 0, 1, 4))] = rng.choice(TOKENS)


def _delete(rng: random.Random, data: bytearray) -> None:
    del data[_span(rng, data)]


def _repeat(rng: random.Random, data: bytearray) -> None:
    span = _span(rng, data)
    data[span] = data[span] * rng.choice((2, 2, 3, 50, 400))


def _swap(rng: random.Random, data: bytearray) -> None:
    first, second = _span(rng, data), _span(rng, data)
    data[first], data[second] = data[second], data[first]


def _cut(rng: random.Random, data: bytearray) -> None:
    del data[_place(rng, data) :]


def _number(rng: random.Random, data: bytearray) -> None:
    places = [place for place, byte in enumerate(data[:4096]) if 48 <= byte <= 57]
    if places:
        place = rng.choice(places)
        data[place : place + 1] = rng.choice(NUMBERS)


def _word(rng: random.Random, data: bytearray) -> None:
    """A little- or big-endian number, as lengths and offsets are written."""
    place = _place(rng, data)
    value = rng.choice((0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))
    data[place : place + 4] = value.to_bytes(4, rng.choice(("little", "big")))


CHANGES: tuple[Change, ...] = (
    _flip, _flip, _set, _insert, _token, _token, _delete, _repeat, _swap, _cut, _number, _word,
)  # fmt: skip
