"""Hypothesis strategies and example texts the core tests share; every text was written for them."""

from __future__ import annotations

from hypothesis import strategies as st

COURTESIES = (
    "Hi there!",
    "Hello,",
    "Good morning!",
    "I hope you are doing well.",
    "Sorry to bother you, but",
    "Thanks in advance!",
    "Thank you so much for your help.",
    "Could you please",
    "please",
    "Best regards,",
    "How are you today?",
)
TASKS = (
    "tell me how to sort a list of 20 names in Python without using sorted().",
    "I ordered 3 lamps on 5 May (order 48213-B) and paid $39.99.",
    "Write at most 100 words about the river Elbe, as bullet points.",
    "I don't want a voucher, I want my money back by Friday!",
    "Why does https://example.com/a?b=1 return 404?",
    "My address is anna.berg@example.org and I am really frustrated.",
    'Make this more formal: "Hi Tom, thanks for the samples!"',
    "Run `pip install -U pip` and tell me what changes.",
    "1. Thank you\n2. Please\n3. Sorry\nWhich of these is the most polite?",
    "never mind the colour; only the size matters",
)

any_text = st.text(alphabet=st.characters(exclude_categories=()), max_size=400)
"""Any `str` at all: control characters, lone surrogates, every script."""

written_text = st.lists(st.sampled_from((*COURTESIES, *TASKS)), min_size=1, max_size=8).flatmap(
    lambda parts: st.lists(
        st.sampled_from((" ", "\n", "\n\n", "  ", " - ")),
        min_size=len(parts),
        max_size=len(parts),
    ).map(lambda gaps: "".join(part + gap for part, gap in zip(parts, gaps)))
)
"""Texts as people write them: courtesy and tasks in any order, with any gaps."""

prompts = st.one_of(written_text, any_text, st.tuples(any_text, written_text).map("".join))
