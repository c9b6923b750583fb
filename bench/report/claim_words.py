"""Sentences of the suite's claims, as bench/claims.toml has them, for the translation catalog."""

from bench.report.text import template

SENTENCES = (
    template("The same text takes 30 to 50% fewer tokens in Chinese"),
    template("English is the most stretched of the three in tokens"),
    template("Russian is practically equal to English in tokens"),
    template("A word takes 1 to 2 tokens in Chinese, 1.2 to 1.5 in Russian, 1.5 to 2.5 in English"),
    template("In Mistral's and BLOOM's vocabularies Chinese takes two to three times less"),
    template("Russian is slightly denser in meaning than English"),
    template("One Chinese token carries the most information, an English one the least"),
    template(
        "Chinese needs a vocabulary of 100,000 and more, Russian and English 32,000 to 50,000"
    ),
    template("A larger vocabulary removes the gap between the languages"),
    template("Shorter Chinese sequences mean less work in attention"),
    template("A token premium is squared under attention"),
    template("Training on Chinese costs 20 to 30% less compute at equal tasks"),
    template("Chinese needs less memory"),
    template("Chinese converges faster at equal content"),
    template("Re-coding Russian or English into single signs pays"),
    template("Re-coding into single signs gives the same gain as Chinese"),
    template("Growing a TokenFormer costs less than training the large one from scratch"),
    template("TokenFormer reaches the Transformer's quality at equal parameters"),
    template("The quality of what is generated depends on pretraining, not on the language"),
)
