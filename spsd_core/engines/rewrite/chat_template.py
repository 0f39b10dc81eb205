"""The chat template of a model file, rendered once around a place for the user's text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from spsd_core.engines.rewrite.prompt import rewrite_messages
from spsd_core.exceptions import EngineUnavailable

__all__ = ["CHATML", "PromptFrame", "frame_prompt"]

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{{ '<|im_start|>assistant\n' }}"
)
"""What llama.cpp itself takes for a model file without a template."""

_PLACE = "@@THE-TEXT-GOES-HERE@@"


@dataclass(frozen=True)
class PromptFrame:
    """The prompt before and after the user's text. Special tokens in it are to be parsed."""

    prefix: str
    suffix: str
    note: str = ""
    """What was unusual about the template; empty where nothing was."""


def frame_prompt(
    template: str | None, *, bos: str = "", eos: str = "", has_chatml_tokens: bool = False
) -> PromptFrame:
    """Render the instruction and the examples around a place for the user's text.

    A template that knows no system role (Gemma's) gets the instruction in the first user turn. A
    model without a template is taken for ChatML if its vocabulary has ChatML's tokens.

    Args:
        template: the Jinja template of the model file.
        bos: text of the beginning-of-text token.
        eos: text of the end-of-text token.
        has_chatml_tokens: whether the vocabulary has `<|im_start|>` and `<|im_end|>`.

    Raises:
        EngineUnavailable: the template cannot be used, or there is none.
    """
    note = ""
    if template is None:
        if not has_chatml_tokens:
            raise EngineUnavailable(
                "the model file has no chat template: use an instruction-tuned model"
            )
        template, note = CHATML, "the model file has no chat template; ChatML was assumed"
    rendered = _rendered(template, bos, eos)
    pieces = rendered.split(_PLACE)
    if len(pieces) != 2:
        raise EngineUnavailable("the model file's chat template shows the text never or twice")
    return PromptFrame(pieces[0], pieces[1], note)


def _rendered(template: str, bos: str, eos: str) -> str:
    messages = [{"role": role, "content": text} for role, text in rewrite_messages(_PLACE)]
    instruction = messages[0]["content"]
    merged = [{"role": "user", "content": f"{instruction}\n\n{messages[1]['content']}"}]
    problem = ""
    for attempt in (messages, merged + messages[2:]):
        try:
            rendered = _render(template, attempt, bos, eos)
        except Exception as error:  # noqa: BLE001 - a template is foreign code, it may raise anything
            problem = f"fails: {error}"
        else:
            if instruction in rendered:
                return rendered
            problem = "drops the instruction"
    raise EngineUnavailable(f"the model file's chat template {problem}")


def _render(template: str, messages: list[dict[str, str]], bos: str, eos: str) -> str:
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    def tojson(value: Any, **options: Any) -> str:
        return json.dumps(value, ensure_ascii=False, indent=options.get("indent"))

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = tojson
    # No strftime_now: a prompt that holds today's date would not be the same tomorrow.
    return environment.from_string(template).render(
        messages=messages,
        bos_token=bos,
        eos_token=eos,
        add_generation_prompt=True,
        enable_thinking=False,
        raise_exception=raise_exception,
    )
