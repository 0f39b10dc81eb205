"""Prompt templates: which of their messages are the user's own words, and how to send those.

A template mixes instructions, retrieved passages and a question. Only a message that is nothing
but the question, or an earlier turn that stands in the template as it is, may be shortened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.base import BaseLLM
from llama_index.core.base.llms.types import ChatMessage, TextBlock
from llama_index.core.prompts import (
    BasePromptTemplate,
    ChatPromptTemplate,
    SelectorPromptTemplate,
)
from pydantic import SerializeAsAny

__all__ = ["QUESTION_VARIABLES", "FilledTemplate", "bare_template", "turns_of"]

QUESTION_VARIABLES = ("query_str", "query", "question", "user_msg", "user_input", "input")
"""Template variables that hold what the user wrote; LlamaIndex itself uses the first."""


class FilledTemplate(BasePromptTemplate):
    """A template whose messages are known already; it gives those whatever it is filled with.

    Args:
        template: the template they came from, with no output parser.
        sent: the messages.
        output_parser: of the original; a program may set another.
    """

    template: SerializeAsAny[BasePromptTemplate]
    sent: list[ChatMessage]

    def __init__(
        self, template: BasePromptTemplate, sent: Sequence[ChatMessage], output_parser: Any
    ) -> None:
        fields: dict[str, Any] = {
            name: getattr(template, name) for name in ("metadata", "template_vars", "kwargs")
        }
        fields.update(template=template, sent=list(sent), output_parser=output_parser)
        super().__init__(**fields)

    def partial_format(self, **kwargs: Any) -> FilledTemplate:
        """A copy that knows further values; its messages stay what they are."""
        return FilledTemplate(self.template.partial_format(**kwargs), self.sent, self.output_parser)

    def format(self, llm: BaseLLM | None = None, **kwargs: Any) -> str:
        """The original as one string: for models without chat, which nothing is rewritten for."""
        with_parser = self.template.model_copy(update={"output_parser": self.output_parser})
        return with_parser.format(llm=llm, **kwargs)

    def format_messages(self, llm: BaseLLM | None = None, **kwargs: Any) -> list[ChatMessage]:  # noqa: ARG002
        """The messages, with what the output parser adds to them."""
        sent = list(self.sent)
        if self.output_parser is None:
            return sent
        return list(self.output_parser.format_messages(sent))

    def get_template(self, llm: BaseLLM | None = None) -> str:
        """The text of the original."""
        return self.template.get_template(llm=llm)


def bare_template(template: BasePromptTemplate, llm: BaseLLM) -> BasePromptTemplate:
    """The template a selector would choose for `llm`, as a copy without output parser."""
    while isinstance(template, SelectorPromptTemplate):
        template = template.select(llm=llm)
    return template.model_copy(update={"output_parser": None})


def turns_of(template: BasePromptTemplate, values: Mapping[str, Any]) -> frozenset[str]:
    """The texts that, where one makes up a message of the user, are a turn of his.

    They are the values of `QUESTION_VARIABLES`, and the texts of a chat template that hold no
    variable: chat engines put the history there.
    """
    values = {**template.kwargs, **values}
    turns = {str(values[name]) for name in QUESTION_VARIABLES if name in values}
    if isinstance(template, ChatPromptTemplate):
        turns.update(
            block.text
            for message in template.message_templates
            for block in message.blocks
            if isinstance(block, TextBlock)
        )
    return frozenset(turns)
