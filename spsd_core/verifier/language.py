"""The draft is in the language and the script of the original."""

from __future__ import annotations

from spsd_core.distillation import CheckRecord, Reason
from spsd_core.language import looks_english
from spsd_core.verifier.context import VerifierContext, failure, success

__all__ = ["check_language"]

_NAME = "language"
# First code points of the ranges that scripts live in; coarse, but enough to see a new script.
_SCRIPT_STARTS = (
    (0x0, "latin"),
    (0x370, "greek"),
    (0x400, "cyrillic"),
    (0x530, "armenian"),
    (0x590, "hebrew"),
    (0x600, "arabic"),
    (0x900, "indic"),
    (0xE00, "southeast asian"),
    (0x10A0, "georgian"),
    (0x1100, "hangul"),
    (0x1200, "other"),
    (0x1E00, "latin"),
    (0x2C00, "other"),
    (0x3040, "kana"),
    (0x3100, "han"),
    (0xAC00, "hangul"),
    (0xD7B0, "other"),
    (0xF900, "han"),
    (0xFB00, "other"),
    (0x20000, "han"),
    (0x30000, "other"),
)


def _script(letter: str) -> str:
    point = ord(letter)
    name = ""
    for start, script in _SCRIPT_STARTS:
        if point < start:
            break
        name = script
    return name


def _scripts(letters: set[str]) -> set[str]:
    return {_script(letter) for letter in letters if letter > "\u024f" and letter.isalpha()}


def check_language(context: VerifierContext) -> CheckRecord:
    """Refuse a written draft in another script, or no longer in English where the original was."""
    if not context.written:
        return success(_NAME)
    new_letters = set(context.text) - set(context.original.text)
    new_scripts = _scripts(new_letters) - _scripts(set(context.original.text)) - {"latin"}
    foreign = not looks_english(context.text) and looks_english(context.original.text)
    if new_scripts or foreign:
        return failure(_NAME, Reason.LANGUAGE_CHANGED)
    return success(_NAME)
