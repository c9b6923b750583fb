"""Claims about Chinese, Russian and English: hypotheses, their tests, their verdicts."""
