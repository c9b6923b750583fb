"""`python counting.py VOCABULARY… -- TEXT…`: tokens, counted by `tokenizers` alone."""

import sys
from pathlib import Path

from tokenizers import Tokenizer

where = sys.argv.index("--")
texts = {
    path: Path(path).read_text(encoding="utf-8").split("\n")[:-1] for path in sys.argv[where + 1 :]
}
for vocabulary in sys.argv[1:where]:
    tokenizer = Tokenizer.from_file(vocabulary)
    for path, lines in texts.items():
        encoded = tokenizer.encode_batch_fast(lines, add_special_tokens=False)
        print(vocabulary, path, sum(len(one.ids) for one in encoded))
