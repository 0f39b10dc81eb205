"""Tokens of a whole chat request, as the target model is billed for them.

The Llama-3 template of a request is

    <|begin_of_text|>
    <|start_header_id|>ROLE<|end_header_id|>\\n\\nTEXT<|eot_id|>        for each message
    <|start_header_id|>assistant<|end_header_id|>\\n\\n                 where the model goes on

with TEXT stripped of white space at both ends. The template that comes with Llama 3.1 and later
also writes a system preamble (knowledge cut-off and date) in front; it is a constant of the
provider that no difference depends on, and is not counted here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from spsd_core.exceptions import ConfigurationError
from spsd_core.settings import TargetSettings
from spsd_core.tokens.estimate import EstimateCounter
from spsd_core.tokens.files import tokenizer_path
from spsd_core.tokens.gguf import load_gguf, require_gguf
from spsd_core.tokens.huggingface import load_tokenizer_json, require_tokenizer_json
from spsd_core.tokens.lazy import LazyCounter
from spsd_core.tokens.llama3 import llama3_installed, load_llama3, require_llama3
from spsd_core.tokens.protocol import TokenCounter
from spsd_core.tokens.tiktoken_encodings import (
    DOWNLOAD_PATIENCE_S,
    load_encoding,
    require_encoding,
)

__all__ = ["RequestCounter", "build_request_counter"]

_BEGIN_OF_TEXT = 1
_MESSAGE_FRAME = 4  # start_header_id, end_header_id, "\n\n", eot_id
_GENERATION_PROMPT = 4  # start_header_id, "assistant", end_header_id, "\n\n"
_ROLE_NAMES = {"tool": "ipython"}  # what the template writes for a role, where that differs
_ROLE_TOKENS = {"system": 1, "user": 1, "assistant": 1, "ipython": 2}

_MARGIN_TOKENS = 2
_MARGIN_SHARE = 0.25


class RequestCounter:
    """Counts texts and whole requests, and says whether one saves tokens over another.

    Thread-safe; never raises on any text.

    Args:
        counter: counts bare text.
        template: the chat template around each message; `none`: the bare texts only. The frame's
            own tokens are Llama 3's, whatever counts the texts; no difference depends on them.
    """

    def __init__(self, counter: TokenCounter, template: Literal["llama3", "none"]) -> None:
        self._counter = counter
        self._template = template

    @property
    def name(self) -> str:
        """The tokenizer, for records. Read it after counting: a tokenizer may fail to load."""
        return self._counter.name

    @property
    def exact(self) -> bool:
        """Whether counts are the tokenizer's own. Read it after counting, as `name`."""
        return self._counter.exact

    @property
    def note(self) -> str:
        """Why the estimate stands in for the tokenizer asked for; empty where it does not."""
        return self._counter.note if isinstance(self._counter, LazyCounter) else ""

    def text(self, text: str) -> int:
        """Tokens of the bare text, white space at its ends included."""
        return self._counter.count(text)

    def content(self, text: str) -> int:
        """What `text` adds to a request as the content of a message.

        `request([(role, text)])` is `request([(role, "")]) + content(text)`; the template strips
        white space at both ends, so that dropping it saves nothing.
        """
        return self._counter.count(text if self._template == "none" else text.strip())

    def request(self, messages: Sequence[tuple[str, str]]) -> int:
        """Tokens of a request of (role, text) messages, up to where the model begins to answer."""
        if self._template == "none":
            return sum(self.content(text) for _, text in messages)
        framed = sum(
            _MESSAGE_FRAME + self._role(role) + self.content(text) for role, text in messages
        )
        return _BEGIN_OF_TEXT + framed + _GENERATION_PROMPT

    def saves(self, before: int, after: int, minimum: int) -> bool:
        """Whether going from `before` to `after` tokens surely saves `minimum` of them.

        Exact counts are taken at their word. Of an estimated saving, 2 tokens or a quarter are
        held back, whichever is more, because the estimate misjudges a text by about 5 % on
        average. Held against Llama 3 on real prompts (`benchmarks/tokens.py`), a yes is then wrong
        in about 1 of 5,000 cases where something was only deleted (what stayed is misjudged alike
        on both sides), and in 1 of 125 where a sentence was replaced by an unrelated one; where
        the two texts have nothing in common, up to 7 of 100. The price: real savings of one or
        two tokens are mostly not claimed, of five or more about one in seven.
        """
        saving = before - after
        if self.exact:
            return saving >= minimum
        return saving - max(_MARGIN_TOKENS, _MARGIN_SHARE * saving) >= minimum

    def _role(self, role: str) -> int:
        written = _ROLE_NAMES.get(role, role)
        known = _ROLE_TOKENS.get(written)
        return self._counter.count(written) if known is None else known


def build_request_counter(target: TargetSettings) -> RequestCounter:
    """Build the counter that the settings ask for. Nothing is loaded until the first count.

    Raises:
        ConfigurationError: the tokenizer is unknown, its file is missing or its package is not
            installed; the message names the setting and says what to do.
    """
    return RequestCounter(_build_counter(target.tokenizer), target.template)


def _build_counter(tokenizer: str) -> TokenCounter:
    if tokenizer == "auto":
        tokenizer = "llama3" if llama3_installed() else "estimate"
    if tokenizer == "estimate":
        return EstimateCounter()
    if tokenizer == "llama3":
        require_llama3()
        return LazyCounter("llama3", load_llama3)
    scheme, colon, argument = tokenizer.partition(":")
    build = _SCHEMES.get(scheme)
    if build is None or not colon or not argument.strip():
        raise ConfigurationError(
            f"target.tokenizer={tokenizer!r} is not known: use 'auto', 'llama3', 'estimate', "
            "'gguf:PATH', 'tiktoken:NAME' or 'hf:PATH'"
        )
    return build(argument)


def _build_gguf(argument: str) -> TokenCounter:
    path = tokenizer_path("target.tokenizer", argument)
    require_gguf(path)
    return LazyCounter(f"gguf:{path.name}", partial(load_gguf, path))


def _build_huggingface(argument: str) -> TokenCounter:
    path = tokenizer_path("target.tokenizer", argument)
    path = path / "tokenizer.json" if path.is_dir() else path
    require_tokenizer_json(path)
    return LazyCounter(f"hf:{path.parent.name}/{path.name}", partial(load_tokenizer_json, path))


def _build_tiktoken(argument: str) -> TokenCounter:
    encoding = require_encoding(argument)
    return LazyCounter(
        f"tiktoken:{encoding}", partial(load_encoding, encoding), DOWNLOAD_PATIENCE_S
    )


_SCHEMES: dict[str, Callable[[str], TokenCounter]] = {
    "gguf": _build_gguf,
    "hf": _build_huggingface,
    "tiktoken": _build_tiktoken,
}
