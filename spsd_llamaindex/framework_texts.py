"""What LlamaIndex itself writes in messages of the user: not his words, though in his role."""

from __future__ import annotations

import re

__all__ = ["is_framework_text", "is_tool_output"]

_TOOL_OUTPUTS = (
    "Observation: ",  # ReActAgent
    "Result of executing the code given:\n",  # CodeActAgent
)
_OPENINGS = (
    "<memory>\n",  # Memory, where it inserts into messages of the user
    "<current_conversation>\n",  # agents with an output class
    "Error while parsing the output: ",  # ReActAgent, to have the model try again
)
_SCHEMA = "\nHere's a JSON schema to follow:\n"
_STATE_RE = re.compile(r"\ACurrent state:\n.*\nCurrent message:\n", re.DOTALL)
# Templates set off retrieved passages by two lines of dashes; one alone may well be the user's.
_FENCE_RE = re.compile(r"^-{10,80}[ \t\r]*$", re.MULTILINE)


def is_tool_output(text: str) -> bool:
    """Whether a tool's output is handed to the model in this text.

    >>> is_tool_output("Observation: It rains."), is_tool_output("My observation: It rains.")
    (True, False)
    """
    return text.startswith(_TOOL_OUTPUTS)


def is_framework_text(text: str) -> bool:
    """Whether a text is evidently a filled-in template, or a tool's output.

    >>> is_framework_text("Hi!\\n--------------\\nJane Roe")
    False
    >>> is_framework_text("Context:\\n--------------\\nHi!\\n--------------\\nQuery: a")
    True
    """
    return (
        text.startswith((*_TOOL_OUTPUTS, *_OPENINGS))
        or _SCHEMA in text
        or _STATE_RE.match(text) is not None
        or len(_FENCE_RE.findall(text)) > 1
    )
