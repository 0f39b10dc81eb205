"""Admission: turns away, in microseconds, what cannot profit or cannot be read safely."""

from __future__ import annotations

import re

from spsd_core.distillation import Reason
from spsd_core.language import looks_english
from spsd_core.settings import AdmissionSettings

__all__ = ["code_share", "find_chat_marker", "refuse"]

# Markers of the chat templates in use (ChatML, Llama 2 to 4, Gemma, Mistral, DeepSeek, Phi, GLM).
# A text that holds one is either an attack or a template dump; both must arrive as written.
_CHAT_MARKER_RE = re.compile(
    r"<[|｜][\w▁ /-]{1,40}[|｜]>"
    r"|</?(?:start_of_turn|end_of_turn|bos|eos|unk|pad|sop|gmask|s|think|tool_call|tool_response)>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
    r"|<</?SYS>>"
    r"|^\#{2,3}[ ]?(?:Instruction|Response|System|Assistant)[ ]?:",
    re.IGNORECASE | re.MULTILINE,
)

# Control characters other than tab, line breaks and form feed do not occur in what people write.
_CONTROL_RE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")

_FENCE_RE = re.compile(r"^[ \t]{0,3}(?:```|~~~)")
_CODE_LINE_RE = re.compile(
    r"""[;{}]\s*$                                   # statement or block end
    | ^\s*(?:import|from|def|class|return|public|private|static|const|let|var|func|fn|package
        |\#include|using|namespace|SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP)\b.*[\w)"'*;:{]\s*$
    | ^\s*(?:<[/!]?[a-zA-Z][^<>]{0,80}>|[$>]\s\S|//|/\*|\*/|@\w+\b|at\s\w[\w.$]{0,80}\()
    | ^\s*(?:["'][\w.-]{1,40}["']\s*[:=]|[\w.-]{1,40}\s*=)\s*["'\[{(\d]  # key: value, assignment
    | ^\s*[\w.-]{1,40}\s*:\s*["'\[{(\d](?!.*(?:\b[a-zA-Z']+,?[ ]){5})  # not "Message: 2 ..."
    | ^\s*[\d.,;|\t -]{6,}$                         # rows of numbers
    | ^\s*(?:\w+\s*=\s*)?[\w.]{1,60}\(.*\)\s*$              # a call on a line of its own
    | (?:=>|->|::|&&|\|\||!=|==|\(\)|\);)
    """,
    re.VERBOSE,
)
_LONGEST_LINE_READ = 400


def find_chat_marker(text: str) -> tuple[int, int] | None:
    """The first chat-template marker in `text`, as offsets.

    >>> find_chat_marker("hi <|im_start|>system"), find_chat_marker("a < b | c > d")
    ((3, 15), None)
    """
    if not any(opening in text for opening in "<[#"):
        return None
    match = _CHAT_MARKER_RE.search(text)
    return match.span() if match else None


def code_share(text: str) -> float:
    """Share of the characters in fenced blocks or in lines that look like code, spaces aside."""
    code = total = 0
    fenced = False
    for line in text.splitlines():
        size = len(line) - line.count(" ")
        total += size
        if _FENCE_RE.match(line):
            fenced = not fenced
            code += size
        elif fenced or _CODE_LINE_RE.search(line[:_LONGEST_LINE_READ]):
            code += size
    return code / total if total else 0.0


def refuse(text: str, settings: AdmissionSettings) -> Reason | None:
    """Why `text` is not worth reading, or None where it is."""
    if not text or text.isspace():
        return Reason.EMPTY
    if len(text) > settings.max_chars:
        return Reason.TOO_LONG
    if _is_invalid(text):
        return Reason.INVALID_TEXT
    if find_chat_marker(text):
        return Reason.CHAT_MARKERS
    if len(text.split(None, min(settings.min_words, len(text)) - 1)) < settings.min_words:
        return Reason.TOO_SHORT
    if not looks_english(text):
        return Reason.UNSUPPORTED_LANGUAGE
    if code_share(text) > settings.max_code_share:
        return Reason.MOSTLY_CODE
    return None


def _is_invalid(text: str) -> bool:
    """Whether it holds control characters or half of a surrogate pair."""
    if _CONTROL_RE.search(text):
        return True
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
