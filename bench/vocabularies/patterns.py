"""The regular expressions that cut text into words before byte-level BPE, as published.

The rank files of tiktoken do not carry them. Those of OpenAI stand here in the form of tiktoken
0.14 (possessive, same pieces, faster); llama3's, llama4's and qwen's as their makers' packages
spell them.
"""

GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"

CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)

O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

QWEN = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")

QWEN36 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

# Mistral's tekken: as O200K, without contractions and with single digits.
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

# DeepSeek's files cut three times: numbers, then runs of Han and kana, then what is left of the
# text between them. The first and second classes, and the third expression:
DEEPSEEK_CUTS = (
    r"\p{N}{1,3}",
    "[一-龥\u3040-ゟ゠-ヿ]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
    "|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*"
    "|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
)
# The same in one expression: the third may touch no character of the first two, and sees the end
# of its stretch of text where one of them follows; what it leaves over (control characters) is a
# piece.
_CUT = r"[\p{N}一-龥\u{3040}-ゟ゠-ヿ]"
_HAN = r"[一-龥\u{3040}-ゟ゠-ヿ]"
_LETTER = rf"[[\p{{L}}\p{{M}}]--{_HAN}]"
_SIGN = rf"[[\p{{P}}\p{{S}}]--{_HAN}]"
DEEPSEEK = (
    rf"\p{{N}}{{1,3}}|{_HAN}+"
    r"|[!\x22#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
    rf"|[^\r\n\p{{L}}\p{{P}}\p{{S}}\p{{N}}゙゚]?{_LETTER}+| ?{_SIGN}+[\r\n]*"
    rf"|\s*[\r\n]+|\s+(?!(?!{_CUT})\S)|\s+"
    rf"|(?:[^\s\p{{L}}\p{{M}}\p{{P}}\p{{S}}\p{{N}}](?!{_LETTER}))+"
)

# How text is cut before a vocabulary is trained here, by the name of the choice; None: not at all.
CUTS = {"gpt4": LLAMA3, "whitespace": r" ?\S+|\s+(?!\S)|\s+", "none": None}

PATTERNS = {
    "gpt2": GPT2,
    "cl100k": CL100K,
    "o200k": O200K,
    "llama3": LLAMA3,
    "qwen": QWEN,
    "qwen3.6": QWEN36,
}
