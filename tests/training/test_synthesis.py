"""Synthetic messages: the same seed, the same messages; labels that stand where they should."""

from __future__ import annotations

from training.markup import read_corpus
from training.synthesis import Synthesiser

CORPUS = [message for message in read_corpus() if message.has_roles][::8]


def test_a_seed_gives_the_same_messages_and_another_seed_others() -> None:
    first, again, other = (
        [message.text for message in Synthesiser(CORPUS, seed).messages(60)] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_spans_are_in_order_and_inside_the_text() -> None:
    for message in Synthesiser(CORPUS, 3).messages(400):
        assert message.text.strip()
        ends = [0]
        for span in message.spans:
            assert ends[-1] <= span.start < span.end <= len(message.text)
            ends.append(span.end)


def test_courtesy_is_put_around_tasks_and_into_payload() -> None:
    roles = {span.role for m in Synthesiser(CORPUS, 4).messages(200) for span in m.spans}
    assert roles >= set("SCPR")
