"""The parts of the local rewrite engine that need no model: prompt, template, guesses, queue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsd_core.engines.rewrite.chat_template import CHATML, frame_prompt
from spsd_core.engines.rewrite.lookup import PromptLookup
from spsd_core.engines.rewrite.prompt import clean_output, rewrite_messages
from spsd_core.exceptions import EngineUnavailable

GEMMA = """{{ bos_token }}{% if messages[0]['role'] == 'system' %}\
{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}\
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}\
{% endif %}{% if message['role'] == 'assistant' %}{% set role = 'model' %}{% else %}\
{% set role = message['role'] %}{% endif %}\
{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}\
{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"""


class TestPrompt:
    @given(st.text())
    def test_only_the_end_of_the_last_message_depends_on_the_text(self, text: str) -> None:
        fixed, given_text = rewrite_messages(""), rewrite_messages(text)
        assert given_text[:-1] == fixed[:-1]
        assert given_text[-1] == (fixed[-1][0], fixed[-1][1] + text)

    def test_roles_alternate_after_the_instruction(self) -> None:
        roles = [role for role, _ in rewrite_messages("x")]
        assert roles == ["system", *["user", "assistant"] * ((len(roles) - 2) // 2), "user"]

    def test_every_example_gets_shorter_or_stays_as_it_is(self) -> None:
        messages = [content for _, content in rewrite_messages("x")]
        for asked, answered in zip(messages[1:-1:2], messages[2::2]):
            original = asked.partition("\n")[2]
            assert answered == original or len(answered) < len(original)

    @given(st.text(), st.text())
    def test_cleaning_never_raises_and_adds_nothing(self, raw: str, original: str) -> None:
        assert clean_output(raw, original) in raw

    def test_quotes_the_writer_used_stay(self) -> None:
        assert clean_output('"Stop" means "stop"', "x") == '"Stop" means "stop"'
        assert clean_output('"Translate this."', '"Translate this." Thanks!') == '"Translate this."'
        assert clean_output(" “Translate this.”\n", "Hi! Translate this.") == "Translate this."
        assert clean_output("Message to shorten:\nGo.", "Please go.") == "Go."


class TestChatTemplate:
    def test_a_template_without_a_system_role_gets_the_instruction_in_the_first_turn(self) -> None:
        frame = frame_prompt(GEMMA, bos="<bos>", eos="<eos>")
        assert frame.prefix.startswith("<bos><start_of_turn>user\nYou shorten messages")
        assert "system" not in frame.prefix
        assert frame.suffix == "<end_of_turn>\n<start_of_turn>model\n"

    def test_a_template_with_a_system_role_keeps_it(self) -> None:
        frame = frame_prompt(CHATML)
        assert frame.prefix.startswith("<|im_start|>system\nYou shorten messages")
        assert frame.suffix == "<|im_end|>\n<|im_start|>assistant\n"
        assert not frame.note

    def test_a_template_that_drops_the_instruction_gets_it_in_the_first_turn(self) -> None:
        silent = CHATML.replace(
            "{% for message in messages %}", "{% for message in messages[1:] %}"
        )
        with pytest.raises(EngineUnavailable, match="drops the instruction"):
            frame_prompt(silent)
        users = "{% for m in messages if m.role != 'system' %}[{{ m.content }}]{% endfor %}"
        assert frame_prompt(users).prefix.startswith("[You shorten messages")

    def test_a_model_without_template_is_taken_for_chatml_only_if_it_knows_its_tokens(self) -> None:
        frame = frame_prompt(None, has_chatml_tokens=True)
        assert frame.prefix == frame_prompt(CHATML).prefix
        assert "ChatML was assumed" in frame.note
        with pytest.raises(EngineUnavailable, match="instruction-tuned"):
            frame_prompt(None)

    @pytest.mark.parametrize(
        "template",
        ["{% for %}", "{{ messages[99].content }}", "{{ messages }}{{ messages }}", "{{ 1 / 0 }}"],
    )
    def test_a_broken_template_makes_the_engine_unavailable(self, template: str) -> None:
        with pytest.raises(EngineUnavailable):
            frame_prompt(template)

    def test_a_template_cannot_reach_python(self) -> None:
        escape = "{{ ''.__class__.__mro__[1].__subclasses__() }}" + CHATML
        with pytest.raises(EngineUnavailable):
            frame_prompt(escape)

    def test_todays_date_does_not_enter_the_prompt(self) -> None:
        dated = "{% if strftime_now is defined %}{{ strftime_now('%Y') }}{% endif %}" + CHATML
        assert frame_prompt(dated) == frame_prompt(CHATML)


class TestLookup:
    @given(
        st.lists(st.integers(0, 5), max_size=60),
        st.lists(st.integers(0, 5), max_size=60),
        st.integers(0, 9),
    )
    def test_guesses_are_runs_of_the_text_no_longer_than_allowed(
        self, source: list[int], draft: list[int], longest: int
    ) -> None:
        lookup = PromptLookup(source, longest)
        for token in draft:
            lookup.write(token)
            guesses = lookup.guess()
            assert len(guesses) <= longest
            if guesses:
                runs = [source[i : i + len(guesses)] for i in range(len(source))]
                assert guesses in runs
            lookup.learn(len(guesses), len(guesses) // 2)

    def test_guesses_grow_while_they_hold_and_shrink_when_they_do_not(self) -> None:
        source = list(range(100))
        lookup = PromptLookup(source, 8)
        lengths = []
        for token in range(20):
            lookup.write(token)
            guesses = lookup.guess()
            lengths.append(len(guesses))
            lookup.learn(len(guesses), len(guesses))
        assert max(lengths) == 8
        lookup.learn(8, 0)
        assert len(lookup.guess()) == 3

    def test_the_next_occurrence_is_preferred_to_an_earlier_one(self) -> None:
        source = [1, 2, 30, 9, 9, 1, 2, 40, 9, 9, 1, 2, 50]
        lookup = PromptLookup(source, 1)
        seen = []
        for _ in range(3):
            for token in (1, 2):
                lookup.write(token)
            seen += lookup.guess()
            lookup.write(seen[-1])
            lookup.write(9)
            lookup.write(9)
            lookup.guess()
        assert seen == [30, 40, 50]
