"""One character at a time: what a reader takes it for, written plainly.

Whatever passes for a Latin letter on a screen becomes that letter in lower case: letters with
accents, strokes and hooks, small capitals, full-width, mathematical, circled and squared letters,
regional indicators, and the look-alikes of other scripts listed here. Digits of every style become
0 to 9. Letters of other scripts stay, except that variants of one letter become one.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["GAP", "plain_character"]

GAP = "\x1f"
"""Stands where a mark keeps two words apart: a dash, a slash, a bracket, an emoji."""

_DROPPED = frozenset("'`´’‘ʼʻ‛′‵＇ʹʽʾʿˈˊˋ՚׳ꞌꞋ΄᾽᾿῾" + "\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_GAPS = frozenset('"-_*~()[]{}<>|/\\#^=;·・')

# Latin letters that neither a decomposition nor their Unicode name turns into an ASCII letter
_LATIN = "ß ss|ẞ ss|ƨ s|Ƨ s|ƅ b|Ƅ b|ǀ l|ǃ i|℮ e|ɸ o|ƿ p|ꞵ b|ꭓ x"

# By script: the characters, then what each passes for
_ALIKE = {
    "Cyrillic capitals": (
        "АВЕЗКМНОРСТУХІЅЈԀԚԜѴҮӀГДИЛПЦШЩЬЯЭЄ",
        "abeekmhopctyxisjdqwvyirannnuwwbree",
    ),
    "Cyrillic": (
        "авекмнорстухіѕјһԁԛԝѵӏгдиппцшщьъяэєүүөѡѕꙇᴦ",
        "abekmhopctyxisjhdqwvlraunnuwwbbreeyyowsir",
    ),
    "Greek capitals": ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧΛϹϺϽ", "abezhikmnoptyxacmc"),
    "Greek": ("αβγδεηικμνορστυχωϲϳϝϐϑϰϱ", "abydenikuvopotuxwcjfbokp"),
    "Armenian": ("օոսհզցլյաՍՏՕԼ", "onuhqgljwusol"),
    "Cherokee": (
        "ᎠᎡᎢᎥᎩᎪᎫᎬᎳᎷᎻᎽᏀᏂᏃᏏᏒᏔᏕᏙᏚᏞᏟᏢᏦᏧᏴᎾᏎ",
        "drtiyajewmhyghzbrwsvslcpkdbo4",
    ),
    "Lisu": ("ꓐꓑꓒꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ", "bpddtgkjczfmnlsrvhwxyaeiou"),
    "Coptic": ("ⲀⲂⲎⲒⲔⲘⲚⲞⲢⲤⲦⲨⲬⲁⲟⲣⲥⲩⲭ", "abhikmnopctyxaopcyx"),
    "Canadian syllabics": (
        "ᗅᗩᐱᗷᑕᗞᗪᗴᖴᘜᕼᒍᒪᗰᑎᑭᑫᖇᒥᔕᑌᐯᗯ᙭ᖻᘔ",
        "aaabcddefghjlmnpqrrsuvwxyz",
    ),
    "stops": ("。｡।॥۔։።᠃", "........"),
    "questions": ("؟՞፧⸮‽⸘", "??????"),
    "others": ("՜،٬٫×∣ℓ∂°", "!,,.xlld°"),
    # one letter in two spellings
    "Arabic": ("ىیېۍٱکڪةۀۃہھەۂ", "يييياككههههههه"),
    "Devanagari": ("ँ", "ं"),
    "Chinese": (
        "殺殘結輕護車無過氣發藥體醫頭腦傷斷離聽說話讓嗎麼個們來沒現點愛難錢債騙網電險機臟腫壓槍"
        "彈爆毒強姦綁誘虐獨憂鬱慮絕燒災溺樓懷產診檢測療隊員訴訟權遺囑資貸賭詐還",
        "杀残结轻护车无过气发药体医头脑伤断离听说话让吗么个们来没现点爱难钱债骗网电险机脏肿压枪"
        "弹爆毒强奸绑诱虐独忧郁虑绝烧灾溺楼怀产诊检测疗队员诉讼权遗嘱资贷赌诈还",
    ),
}


def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for characters, plain in _ALIKE.values():
        table.update(zip(characters, plain))
    table.update((pair[0], pair[1:].strip()) for pair in _LATIN.split("|"))
    return table


_TABLE = _table()

# Marks that sit on a letter and do not change which it is; vowel signs are not among them
_MARKS = (
    *((0x300, 0x36F), (0x483, 0x489), (0x591, 0x5C7), (0x610, 0x61A), (0x640, 0x640)),
    *((0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6ED), (0x93C, 0x93C), (0x9BC, 0x9BC)),
    *((0xA3C, 0xA3C), (0xABC, 0xABC), (0x180B, 0x180F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF)),
    *((0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF)),
)
_NAMED = {"ALPHA": "a", "SCHWA": "e", "ESH": "s", "ETH": "d", "ENG": "n", "EZH": "z", "HENG": "h"}
_NAMED |= {"KRA": "k", "IOTA": "i", "UPSILON": "u", "GAMMA": "y", "OMEGA": "w", "THORN": "p"}
_LETTER_NAME = re.compile(
    rf"(?:LATIN|REGIONAL INDICATOR)(?: [A-Z-]+)*? ([A-Z]{{1,2}}|{'|'.join(_NAMED)})"
    r"(?: (?:WITH|DIGRAPH|BAR|ROTUNDA|REVERSED)\b.*)?\Z"
)


def plain_character(character: str) -> str:
    """`character` as a reader takes it: plain letters, one space, `GAP`, or nothing.

    >>> [plain_character(c) for c in "Éﬁ\u00a0—\u200b🅺ᴍжد२"]
    ['e', 'fi', ' ', '\\x1f', '', 'k', 'm', 'ж', 'د', '2']
    """
    if character in _DROPPED:
        return ""
    if character in _GAPS:
        return GAP
    if character.isspace():
        return " "
    if character.isascii():
        return character.lower() if character.isprintable() else ""
    return _TABLE[character] if character in _TABLE else _by_properties(character)


def _by_properties(character: str) -> str:
    category, code = unicodedata.category(character), ord(character)
    if category in ("Cc", "Cf", "Cs") or any(first <= code <= last for first, last in _MARKS):
        return ""
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    letter = _LETTER_NAME.search(unicodedata.name(character, ""))
    if letter:
        return _NAMED.get(letter[1], letter[1].lower())
    for plain in (unicodedata.normalize("NFKD", character), character.casefold()):
        if plain != character:
            return "".join(map(plain_character, plain))
    separates = category[0] in "ZP" or category in ("Sk", "Sm", "So", "Co")
    return GAP if separates else character
