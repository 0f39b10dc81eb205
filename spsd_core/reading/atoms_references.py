"""URLs, e-mail addresses, paths, file names, handles and other identifiers without digits."""

from __future__ import annotations

import re

from spsd_core.reading.source import Source
from spsd_core.reading.types import AtomKind

__all__ = ["find_references"]

_URL = re.compile(r"(?:(?<![a-z])[a-z][a-z0-9+.-]{1,15}://|\bwww\.)[^\s<>\"'`{}|\\^\[\]]+", re.IGNORECASE)
_URL_END = ".,;:!?'\"*_~"
_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}(?![\w-])", re.IGNORECASE
)
_TOP_LEVEL = (
    "com|org|net|io|edu|gov|co|uk|de|fr|ai|dev|app|info|biz|me|us|ca|au|in|eu|tv|ly|gg|xyz|tech|shop|ch"
)
_FILE_TYPE = (
    "py|js|ts|jsx|tsx|html?|css|scss|json|ya?ml|toml|xml|csv|tsv|txt|md|rst|pdf|docx?|xlsx?|pptx?|png"
    "|jpe?g|gif|svg|webp|mp[34]|wav|avi|mov|mkv|zip|tar|gz|rar|exe|dll|so|sh|bat|ps1|sql|db|log|ini"
    "|cfg|conf|env|java|kt|c|cc|cpp|h|hpp|cs|go|rs|rb|php|swift|ipynb|tex|bib|lock|bak|iso|apk|psd|r"
)
# Chunks that hold a mark which words do not have; a full stop only inside, before a letter.
_CHUNK = re.compile(r"(?<!\S)[^\s@/\\_#.]*(?:[@/\\_#]|\.(?=[^\W\d_]))\S*")
_FILE = re.compile(rf"\*?[\w./\\~$-]{{0,120}}\.(?:{_FILE_TYPE})", re.IGNORECASE)
_DOMAIN = re.compile(rf"[a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}}){{0,4}}\.(?:{_TOP_LEVEL})(?:[/:?]\S*)?", re.IGNORECASE)
_HANDLE = re.compile(r"[@#][\w][\w.-]{0,63}")
_PATH = re.compile(r"(?:[a-z]:)?(?:~|\.{1,2})?[\\/][^\s,;]*[\w*][^\s,;]*|[\w.-]+(?:/[\w.*-]+){2,}/?|[\w.-]+/", re.IGNORECASE)
_SNAKE = re.compile(r"[\w$.-]*\w_\w[\w$.()-]*|_{1,2}\w[\w()]*|\w+__")
_DOTTED = re.compile(r"[a-z_$][\w$]*(?:\.[a-z_$][\w$]*)+(?:\([^\s]*\)?)?|\.net", re.IGNORECASE)
_ABBREVIATION = re.compile(r"(?:[a-z]\.){1,5}[a-z]?|(?:e\.g|i\.e|etc)\.?,?", re.IGNORECASE)
_LANGUAGES = re.compile(r"[A-Za-z]#")
_OPENING = "([{<\"'\u201c\u2018*`\u2013\u2014,;:!?|-"
_CLOSING = "]}>\"'\u201d\u2019*`.,;:!?\u2026|"
_LONGEST = 200


def find_references(source: Source) -> None:
    """Note addresses first, then every chunk that is no plain word."""
    flat = source.flat
    covered: list[tuple[int, int]] = []
    if "://" in flat or "www." in flat or "WWW." in flat:
        for match in _URL.finditer(flat):
            end = match.start() + len(match[0].rstrip(_URL_END))
            if flat[end - 1] == ")" and "(" not in match[0]:
                end -= 1
            covered.append((match.start(), end))
            source.add(AtomKind.URL, match.start(), end, source.text[match.start() : end])
    if "@" in flat:
        for match in _EMAIL.finditer(flat):
            covered.append(match.span())
            source.add(AtomKind.EMAIL, *match.span())
    covered.sort()
    place = 0
    for chunk in _CHUNK.finditer(flat):
        start, end = chunk.span()
        while place < len(covered) and covered[place][1] <= start:
            place += 1
        if place < len(covered) and covered[place][0] < end:
            continue
        _classify(source, start, end, chunk[0])


def _classify(source: Source, start: int, end: int, chunk: str) -> None:
    core = chunk.lstrip(_OPENING)
    start = end - len(core)
    core = core.rstrip(_CLOSING)
    if core.endswith(")") and "(" not in core:
        core = core.rstrip(")").rstrip(_CLOSING)
    if not core or core == "#" * len(core) or core == "_" * len(core):
        return
    end = start + len(core)
    kind = _kind(core)
    if kind is not None:
        source.add(kind, start, end, source.text[start:end])


def _kind(core: str) -> AtomKind | None:
    if len(core) > _LONGEST:
        return AtomKind.IDENTIFIER
    if _ABBREVIATION.fullmatch(core):
        return None
    if _FILE.fullmatch(core):
        return AtomKind.IDENTIFIER
    if "." in core and _DOMAIN.fullmatch(core) and not _sloppy_stop(core):
        return AtomKind.URL
    if _HANDLE.fullmatch(core) or _LANGUAGES.fullmatch(core):
        return AtomKind.IDENTIFIER
    if _PATH.fullmatch(core) or _SNAKE.fullmatch(core):
        return AtomKind.IDENTIFIER
    if "/" not in core and _DOTTED.fullmatch(core) and not _sloppy_stop(core):
        return AtomKind.IDENTIFIER
    if "\\" in core or "@" in core:
        return AtomKind.IDENTIFIER
    return None


def _sloppy_stop(core: str) -> bool:
    """Whether the full stop ends a sentence and only the space is missing ("Thanks.Can")."""
    before, _, after = core.partition(".")
    return before.isalpha() and after.isalpha() and after.istitle() and len(before) > 1
