"""URLs, e-mail addresses, paths, file names, handles and other identifiers without digits."""

from __future__ import annotations

import re

from spsd_core.reading.lexicon import word_set
from spsd_core.reading.source import Source, chunks_with
from spsd_core.reading.types import AtomKind

__all__ = ["find_references"]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SCHEME = f"{_LETTERS}0123456789+.-"
_LOCAL_PART = f"{_LETTERS}0123456789_.+%-"
_LONGEST_SCHEME, _LONGEST_LOCAL_PART = 16, 64
_URL_START = re.compile(r"://|www\.(?=\w)", re.IGNORECASE)
_URL_REST = re.compile(r"[^\s<>\"'`{}|\\^\[\]]+")
_URL_END = ".,;:!?'\"*_~"
_DOMAIN_OF_EMAIL = re.compile(r"@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}", re.IGNORECASE)
_TOP_LEVEL = "com|org|net|io|edu|gov|co|uk|de|fr|ai|dev|app|info|biz|me|us|ca|au|in|eu|tv|ly|gg|xyz|tech|shop|ch"
_FILE_TYPE = (
    "py|js|ts|jsx|tsx|html?|css|scss|json|ya?ml|toml|xml|csv|tsv|txt|md|rst|pdf|docx?|xlsx?|pptx?"
    "|png"
    "|jpe?g|gif|svg|webp|mp[34]|wav|avi|mov|mkv|zip|tar|gz|rar|exe|dll|so|sh|bat|ps1|sql|db|log|ini"
    "|cfg|conf|env|java|kt|c|cc|cpp|h|hpp|cs|go|rs|rb|php|swift|ipynb|tex|bib|lock|bak|iso|apk"
    "|psd|r"
)
# The marks that words do not have; a full stop only before a letter.
_MARK = re.compile(r"[@/\\_#.](?:(?<!\.)|(?=[^\W\d_]))")
_FILE = re.compile(rf"\*?[\w./\\~$-]{{0,120}}\.(?:{_FILE_TYPE})", re.IGNORECASE)
_DOMAIN = re.compile(
    rf"[a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}}){{0,4}}\.(?:{_TOP_LEVEL})(?:[/:?]\S*)?",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"[@#][\w][\w.-]{0,63}")
_PATH = re.compile(
    r"(?:[a-z]:)?(?:~|\.{1,2})?[\\/][^\s,;]*[\w*][^\s,;]*|[\w.-]+(?:/[\w.*-]+){2,}/?|[\w.-]+/",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")
_SNAKE = re.compile(r"[\w$.-]*\w_\w[\w$.()-]*|_{1,2}\w[\w()]*|\w+__")
_DOTTED = re.compile(r"[a-z_$][\w$]*(?:\.[a-z_$][\w$]*)+(?:\([^\s]*\)?)?|\.net", re.IGNORECASE)
_ABBREVIATION = re.compile(r"(?:[a-z]\.){1,5}[a-z]?|(?:e\.g|i\.e|etc)\.?,?", re.IGNORECASE)
_LANGUAGES = re.compile(r"[A-Za-z]#")
_SENTENCE_STARTS = word_set(
    "please plz pls thanks thank thx kindly what how why when can could would i"
)
_PLEA = re.compile(r"pl[sz]{1,24}|please{1,12}")
_SLASHED = word_set("sir sirs dear mr madam maam and or he she his him")
"""Before a slash and a space: `sir/ madam` is no path."""
_SAID_OF = re.compile(r" (?:is|isn't|was|wasn't|are|has|does|doesn't|returns|throws|fails)\b")
_OPENING = "([{<\"'\u201c\u2018*`\u2013\u2014,;:!?|-"
_CLOSING = "]}>\"'\u201d\u2019*`.,;:!?\u2026|"
_LONGEST = 200
_LONGEST_SEARCHED = 4000  # longer runs without a space are data, whatever stands in them


def find_references(source: Source) -> None:
    """Note the addresses in every chunk that is no plain word, or what else it is."""
    flat = source.flat
    for start, end in chunks_with(_MARK, flat):
        if end - start > _LONGEST_SEARCHED:
            source.add(AtomKind.IDENTIFIER, start, end, source.text[start:end])
            continue
        chunk = flat[start:end]
        known = False
        if "/" in chunk or "www." in chunk:
            known = _find_urls(source, start, end)
        if "@" in chunk and not known:
            known = _find_emails(source, start, end)
        if not known:
            _classify(source, start, end, chunk)


def _find_urls(source: Source, start: int, end: int) -> bool:
    flat = source.flat
    done = start
    while (match := _URL_START.search(flat, done, end)) is not None:
        first = match.start()
        if match[0] == "://":
            head = flat[max(done, first - _LONGEST_SCHEME) : first]
            first -= len(head) - len(head.rstrip(_SCHEME))
        rest = _URL_REST.match(flat, match.end(), end)
        done = match.end() if rest is None else rest.end()
        if rest is None or first == match.start() != match.end() - 4:
            continue
        last = first + len(flat[first:done].rstrip(_URL_END))
        if flat[last - 1] == ")" and "(" not in flat[first:last]:
            last = first + len(flat[first:last].rstrip(")").rstrip(_URL_END))
        source.add(AtomKind.URL, first, last, source.text[first:last])
    return done > start


def _find_emails(source: Source, start: int, end: int) -> bool:
    flat = source.flat
    position = done = start
    while (position := flat.find("@", position, end)) >= 0:
        head = flat[max(done, position - _LONGEST_LOCAL_PART) : position]
        first = position - (len(head) - len(head.rstrip(_LOCAL_PART)))
        domain = _DOMAIN_OF_EMAIL.match(flat, position, end)
        position += 1
        if first < position - 1 and domain is not None:
            source.add(AtomKind.EMAIL, first, domain.end())
            position = done = domain.end()
    return done > start


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
    if kind is None and _sloppy_stop(core) and _SAID_OF.match(source.flat, end):
        kind = AtomKind.IDENTIFIER  # "config.please is missing": what something is said of
    if kind is not None:
        source.add(kind, start, end, source.text[start:end])


def _kind(core: str) -> AtomKind | None:
    if len(core) > _LONGEST:
        return AtomKind.IDENTIFIER
    if _ABBREVIATION.fullmatch(core):
        return None
    if _FILE.fullmatch(core) and not _sloppy_stop(core):
        return AtomKind.IDENTIFIER
    if "." in core and _DOMAIN.fullmatch(core) and not _sloppy_stop(core):
        return AtomKind.URL
    if _HANDLE.fullmatch(core) or _LANGUAGES.fullmatch(core):
        return AtomKind.IDENTIFIER
    if core[-1] == "/" and core[:-1].lower() in _SLASHED:
        return None
    if (_PATH.fullmatch(core) and _LETTER.search(core)) or _SNAKE.fullmatch(core):
        return AtomKind.IDENTIFIER
    if "/" not in core and _DOTTED.fullmatch(core) and not _sloppy_stop(core):
        return AtomKind.IDENTIFIER
    if "\\" in core or "@" in core:
        return AtomKind.IDENTIFIER
    return None


def _sloppy_stop(core: str) -> bool:
    """Whether the full stop ends a sentence and only the space is missing ("Thanks.Can")."""
    before, _, after = core.partition(".")
    if not (before.isalpha() and after.isalpha()) or len(before) < 2:
        return False
    after_low = after.lower()
    return (
        after.istitle() or after_low in _SENTENCE_STARTS or _PLEA.fullmatch(after_low) is not None
    )
