"""`bench tokenize` on eight `tokenizer.json` files, beside counting alone and beside other reports.

Whole processes on 2,009 units in three languages, every metric but those of words.
"""

from importlib.util import find_spec
from pathlib import Path

from bench.perf import peers, tokens
from bench.perf.subject import Gate, Subject

PEERS = Path(peers.__file__).parent
OURS, COUNTING, REPORTS = "bench tokenize", "tokenizers, counting", "glotscope, scorer"


def subject(folder: Path) -> Subject:
    """By CPU: counting uses every core, ours mostly one."""
    files = tokens.written(folder / "flores_plus" / "1" / "all", tokens.sentences())
    names = (*tokens.BYTE_BPE, *tokens.UNIGRAM)
    vocabularies = [*tokens.vocabularies(folder, names).values(), tokens.trained(folder, files)]
    contestants = {
        OURS: tokens.process(*tokens.bench_tokenize(files, vocabularies, folder / "out")),
        COUNTING: tokens.process(PEERS / "counting.py", *vocabularies, "--", *files.values()),
    }
    absent = {}
    if missing := [one for one in ("glotscope", "tokenization_scorer") if not find_spec(one)]:
        absent[REPORTS] = f"{' and '.join(missing)} not installed (extra `perf`)"
    else:
        contestants[REPORTS] = tokens.process(PEERS / "reports.py", *vocabularies, "--", folder)
    gates = [Gate("bench tokenize/counting", OURS, COUNTING, 1.0, 0.6),
             Gate("bench tokenize/glotscope, scorer", OURS, REPORTS, 0.4, 0.25)]  # fmt: skip
    return Subject(contestants, gates, clock="cpu", rounds=5, seconds=240, absent=absent)
