"""Whatever a must-catch sentence is dressed up as, its rule still fires.

The sentences are read from the shipped rule files, so a new rule is covered by being there.
Every disguise is tried on every sentence; the property tests draw mixtures of them.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsd_core.safety import SafetyGate, rule_files
from spsd_core.safety.folding import fold
from spsd_core.safety.matching import CompiledRules
from spsd_core.safety.ruleset import Rule, load_rules
from spsd_core.settings import SafetySettings

GATE = SafetyGate(SafetySettings())
RULES = load_rules(rule_files())
EXAMPLES = [(rule, sentence) for rule in RULES for sentence in rule.must_catch]
EVASIVE = [(rule, s) for rule, s in EXAMPLES if rule.evasive and s.isascii()]
Disguise = Callable[[str], str]

AN_EXAMPLE = st.sampled_from(EXAMPLES)
AN_EVASIVE_EXAMPLE = st.sampled_from(EVASIVE)
LUCK = st.randoms(use_true_random=False)


def is_caught(rule: Rule, sentence: str, disguised: str) -> bool:
    # what folds to the same text is matched alike; that `sentence` is caught is tested elsewhere
    same = fold(disguised).strip(" ") == fold(sentence).strip(" ")
    return same or rule.id in GATE.cue_ids(disguised)


def missed(disguise: Disguise, examples: Iterable[tuple[Rule, str]]) -> list[str]:
    disguised = [(rule, sentence, disguise(sentence)) for rule, sentence in examples]
    return [f"{rule.id}: {new!r}" for rule, old, new in disguised if not is_caught(rule, old, new)]


# -- case ------------------------------------------------------------------------------------

CASES: dict[str, Disguise] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "swapped": str.swapcase,
    "alternating": lambda s: "".join(c.upper() if i % 2 else c.lower() for i, c in enumerate(s)),
    "Turkish capitals": lambda s: s.replace("i", "İ").upper(),
    "Turkish small letters": lambda s: s.replace("I", "ı").lower(),
    "sharp s and ligatures": lambda s: s.replace("ss", "ß").replace("fi", "ﬁ").replace("ff", "ﬀ"),
    "long s": lambda s: s.replace("s", "ſ"),
}


@pytest.mark.parametrize("disguise", CASES.values(), ids=list(CASES))
def test_case_does_not_matter(disguise: Disguise) -> None:
    assert missed(disguise, EXAMPLES) == []


@given(AN_EXAMPLE, LUCK)
def test_random_case_does_not_matter(example: tuple[Rule, str], luck: random.Random) -> None:
    rule, sentence = example
    assert is_caught(
        rule, sentence, "".join(luck.choice((c.upper(), c.lower(), c)) for c in sentence)
    )


def test_the_three_sigmas_are_one_letter() -> None:
    assert fold("σ") == fold("ς") == fold("Σ")


# -- spacing ---------------------------------------------------------------------------------

SPACES = [
    *("  ", "\t", "\n", "\r\n", "\n\n", " \n ", "\r", "\x0b", "\x0c", "\x85", "\n> ", "\n>> "),
    *("\u00a0", "\u2003", "\u2009", "\u202f", "\u205f", "\u3000", "\u2028", "\u2029", "\u1680"),
    *("\u200b ", " \u200b", " \ufeff", "\n- ", "\n* ", " // ", "\n# ", "\n    ", "\r\n\r\n"),
]
MARKS_BETWEEN = [
    *(
        "-",
        "_",
        "/",
        "*",
        "**",
        "|",
        "\\",
        "~",
        "#",
        "=",
        "·",
        "•",
        " - ",
        " – ",
        "—",
        " / ",
        " * ",
    ),
    *(", ", ",", " , ", "; ", ";", ": ", " ; ", ",,", "、", "，", "،", " ، ", "؛ ", "՝ ", "・"),
    *("...", "…", " … ", "... ", " ... ", "..", " .. ", '"', "' ", " '", "“", "” ", " « ", "„"),
    *(
        " 😭 ",
        "😭",
        " 👩‍👩‍👧 ",
        " ❤️ ",
        " 🏳️‍🌈 ",
        " ☠ ",
        " 👍🏽 ",
        "→",
        " ⇒ ",
        " ♥ ",
        "©",
    ),
    *("&nbsp;", " &nbsp; ", "&#160;", "&#x20;", "%20", "%0A", "%2C%20", "<br>", "<br/>", "</p><p>"),
    *(
        " (",
        ") ",
        "[",
        "] ",
        "{",
        "}",
        "<",
        "> ",
        "「",
        "」",
        "『",
        "（",
        "） ",
        "\u2800",
        "\ufffd",
    ),
]
STOPS_BETWEEN = [
    *(
        ".",
        ". ",
        " . ",
        "!",
        "! ",
        " ! ",
        "!!! ",
        "?",
        "? ",
        "?! ",
        "‽ ",
        "‼ ",
        "⁉",
        "！",
        "。",
        "．",
    ),
    *("। ", "۔ ", "؟ ", "։ ", "። ", "! ! ", ". . . "),
]


MIXED = [mark for mark in SPACES + MARKS_BETWEEN if mark not in ("\\", "<", "> ")]


def between_words(separator: str) -> Disguise:
    return lambda sentence: separator.join(re.split(r"\s+|(?<=\w)[-/](?=\w)", sentence))


@pytest.mark.parametrize("separator", SPACES + MARKS_BETWEEN + STOPS_BETWEEN, ids=ascii)
def test_what_stands_between_the_words_does_not_matter(separator: str) -> None:
    assert missed(between_words(separator), EXAMPLES) == []


@given(AN_EXAMPLE, LUCK)
def test_mixed_separators_do_not_matter(example: tuple[Rule, str], luck: random.Random) -> None:
    rule, sentence = example
    words = sentence.split()
    mixed = "".join(w + luck.choice((" ", luck.choice(MIXED))) for w in words[:-1])
    assert is_caught(rule, sentence, mixed + words[-1])


INVISIBLE = [
    *("\u200b", "\u200c", "\u200d", "\u2060", "\u2063", "\ufeff", "\u00ad", "\u034f", "\u061c"),
    *("\u180e", "\u200e", "\u200f", "\u202a", "\u202c", "\u202e", "\u2066", "\u2069", "\ufe0e"),
    *("\ufe0f", "\U000e0100", "\U000e01ef", "\U000e0061", "\u3164", "\x00", "\x7f", "\ud800"),
]


@pytest.mark.parametrize("invisible", INVISIBLE, ids=ascii)
def test_an_invisible_character_between_all_others_does_not_matter(invisible: str) -> None:
    assert missed(lambda s: invisible + invisible.join(s) + invisible, EXAMPLES) == []


@given(AN_EXAMPLE, LUCK)
def test_invisible_characters_anywhere_do_not_matter(
    example: tuple[Rule, str], luck: random.Random
) -> None:
    rule, sentence = example
    hidden = "".join(c + luck.choice(("", luck.choice(INVISIBLE))) for c in sentence)
    assert is_caught(rule, sentence, hidden)


# -- punctuation and markup ------------------------------------------------------------------


def around_words(before: str, after: str) -> Disguise:
    return lambda sentence: " ".join(f"{before}{word}{after}" for word in sentence.split())


APOSTROPHES = [*"’‘`´ʼ′＇‛ʹ", "&#39;", "&apos;", "&rsquo;", "&#x2019;", ""]
WRAPPERS = [
    *(("**", "**"), ("_", "_"), ("~~", "~~"), ("`", "`"), ("***", "***"), ("“", "”"), ("«", "»")),
    *(("<b>", "</b>"), ("<EM>", "</EM>"), ("<p>", "</p>"), ("(", ")"), ("[", "]"), ("==", "==")),
    *(("&quot;", "&quot;"), ("&lt;", "&gt;"), ("&lt;b&gt;", "&lt;/b&gt;"), ("'", "'"), ("¿", "")),
    *(("¡", ""), ("", ","), ("", ";"), ("¶", ""), ("§ ", ""), ("> ", ""), ("「", "」")),
]
ENDINGS = [
    "",
    ".",
    "!!!",
    "?!?",
    "…",
    "‽",
    " :(",
    " 😭😭",
    " </3",
    "।",
    "。",
    "؟",
    "\n-- \nSam",
    "'",
    '"',
]


@pytest.mark.parametrize("apostrophe", APOSTROPHES, ids=ascii)
def test_apostrophes_may_look_like_anything_or_be_left_out(apostrophe: str) -> None:
    assert missed(lambda s: s.replace("'", apostrophe).replace("’", apostrophe), EXAMPLES) == []


@pytest.mark.parametrize(("before", "after"), WRAPPERS, ids=ascii)
def test_marks_around_every_word_do_not_matter(before: str, after: str) -> None:
    assert missed(around_words(before, after), EXAMPLES) == []


@pytest.mark.parametrize("ending", ENDINGS, ids=ascii)
def test_the_end_of_the_sentence_does_not_matter(ending: str) -> None:
    assert missed(lambda s: s.rstrip(".!?…。।؟") + ending, EXAMPLES) == []


def test_commas_may_be_left_out() -> None:
    assert missed(lambda s: re.sub(r"(?<![0-9]),(?![0-9])|,(?= )|[;，،、]", "", s), EXAMPLES) == []


def test_letters_may_be_written_as_html_entities() -> None:
    assert missed(lambda s: "".join(f"&#{ord(c)};" for c in s), EXAMPLES) == []
    assert missed(lambda s: "".join(f"&#x{ord(c):x};" for c in s), EXAMPLES) == []


def test_letters_may_be_written_as_json_escapes() -> None:
    assert missed(lambda s: json.dumps(s.replace("'", "’").replace(" ", "\n")), EXAMPLES) == []
    assert missed(lambda s: json.dumps(json.dumps(s.replace(" ", " 😭 "))), EXAMPLES) == []
    assert missed(lambda s: "".join(f"\\u{ord(c):04x}" for c in s), EXAMPLES) == []
    assert missed(lambda s: s.replace("'", "\\'"), EXAMPLES) == []


# -- look-alikes -----------------------------------------------------------------------------

SMALL = "abcdefghijklmnopqrstuvwxyz"


def style(first: int, letters: str = SMALL) -> dict[str, str]:
    return {letter: chr(first + i) for i, letter in enumerate(letters)}


def pairs(text: str) -> dict[str, str]:
    return {pair[0]: pair[1] for pair in text.split()}


ALPHABETS: dict[str, dict[str, str]] = {
    "full-width": style(0xFF41) | style(0xFF21, SMALL.upper()),
    "bold": style(0x1D41A) | style(0x1D400, SMALL.upper()),
    "bold script": style(0x1D4EA),
    "bold fraktur": style(0x1D586),
    "sans-serif italic": style(0x1D622),
    "monospace": style(0x1D68A),
    "double-struck": style(0x1D552),
    "circled": style(0x24D0) | style(0x24B6, SMALL.upper()),
    "squared": style(0x1F130),
    "negative circled": style(0x1F150),
    "negative squared": style(0x1F170),
    "regional indicators": style(0x1F1E6),
    "small capitals": pairs(
        "aᴀ bʙ cᴄ dᴅ eᴇ fꜰ gɢ hʜ iɪ jᴊ kᴋ lʟ mᴍ nɴ oᴏ pᴘ qꞯ rʀ sꜱ tᴛ uᴜ vᴠ wᴡ yʏ zᴢ"
    ),
    "superscripts": pairs(
        "aᵃ bᵇ cᶜ dᵈ eᵉ fᶠ gᵍ hʰ iⁱ jʲ kᵏ lˡ mᵐ nⁿ oᵒ pᵖ rʳ sˢ tᵗ uᵘ vᵛ wʷ xˣ yʸ zᶻ"
    ),
    "Roman numerals": pairs("iⅰ vⅴ xⅹ lⅼ cⅽ dⅾ mⅿ"),
    "strokes and hooks": pairs(
        "aⱥ bƀ cȼ dđ eɇ gǥ hħ iɨ jɉ kƙ lł mɱ nƞ oø pᵽ qɋ rɍ sʂ tŧ uʉ vʋ wⱳ yɏ zƶ"
    ),
    "dotless, Latin alpha, script g": pairs("iı aɑ gɡ jȷ lℓ eə"),
    "accents": pairs("aá bḃ cč dď eê fḟ gğ hḥ iï jĵ kķ lĺ mṁ nñ oő pṕ rř sş tț uů vṽ wŵ xẍ yÿ zž"),
    "Cyrillic": pairs("aа cс eе iі jј oо pр sѕ xх yу hһ dԁ qԛ wԝ vѵ lӏ"),
    "Cyrillic capitals": pairs("AА BВ CС EЕ HН IІ JЈ KК MМ OО PР SЅ TТ XХ YҮ"),
    "faux Cyrillic": pairs("RЯ NИ WШ rя nп bь uц wш eэ kк mм tт"),
    "Greek": pairs("aα eε iι kκ nη oο pρ tτ uυ vν xχ wω yγ bβ"),
    "Greek capitals": pairs("AΑ BΒ EΕ HΗ IΙ KΚ MΜ NΝ OΟ PΡ TΤ XΧ YΥ ZΖ"),
    "Armenian": pairs("oօ nո uս hհ qզ gց jյ lլ wա SՏ UՍ OՕ"),
    "Cherokee": pairs("DᎠ RᎡ TᎢ AᎪ JᎫ EᎬ WᎳ MᎷ HᎻ YᎽ GᏀ ZᏃ bᏏ VᏙ SᏚ LᏞ CᏟ PᏢ KᏦ dᏧ iᎥ hᏂ"),
    "small Cherokee": {k: v.lower() for k, v in pairs("dᎠ aᎪ eᎬ wᎳ mᎷ sᏚ lᏞ cᏟ pᏢ kᏦ").items()},
    "Lisu": pairs("Aꓮ Bꓐ Cꓚ Dꓓ Eꓰ Fꓝ Gꓖ Hꓧ Iꓲ Jꓙ Kꓗ Lꓡ Mꓟ Nꓠ Oꓳ Pꓑ Rꓣ Sꓢ Tꓔ Uꓴ Vꓦ Wꓪ Xꓫ Yꓬ Zꓜ"),
    "Coptic": pairs("aⲁ oⲟ pⲣ cⲥ yⲩ xⲭ hⲎ iⲒ kⲔ mⲘ nⲚ tⲦ"),
    "Canadian syllabics": pairs("aᗩ bᗷ cᑕ dᗪ fᖴ hᕼ jᒍ lᒪ mᗰ nᑎ pᑭ rᖇ sᔕ uᑌ vᐯ wᗯ zᘔ"),
}


def written_in(alphabet: dict[str, str]) -> Disguise:
    either = {k.swapcase(): v for k, v in alphabet.items()} | alphabet
    return lambda sentence: "".join(either.get(c, c) for c in sentence)


@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=list(ALPHABETS))
def test_letters_may_come_from_any_alphabet(alphabet: dict[str, str]) -> None:
    assert missed(written_in(alphabet), EXAMPLES) == []


@given(AN_EXAMPLE, LUCK)
def test_letters_may_come_from_many_alphabets(
    example: tuple[Rule, str], luck: random.Random
) -> None:
    rule, sentence = example
    alphabets = list(ALPHABETS.values())
    mixed = "".join(luck.choice((c, luck.choice(alphabets).get(c, c))) for c in sentence)
    assert is_caught(rule, sentence, mixed)


@given(AN_EXAMPLE, LUCK)
def test_marks_stacked_on_letters_do_not_matter(
    example: tuple[Rule, str], luck: random.Random
) -> None:
    rule, sentence = example
    zalgo = [chr(code) for code in (*range(0x300, 0x370), 0x1DC4, 0x20D0, 0x20DD, 0xFE20, 0x488)]
    piled = "".join(c + "".join(luck.choices(zalgo, k=luck.randrange(5))) for c in sentence)
    assert is_caught(rule, sentence, piled)


@pytest.mark.parametrize("zero", "0٠۰०௦０𝟎𝟘𝟬", ids=ascii)
def test_digits_may_come_from_any_script(zero: str) -> None:
    digits = {ord(str(i)): chr(ord(zero) + i) for i in range(10)}
    assert missed(lambda s: s.translate(digits), EXAMPLES) == []


@pytest.mark.parametrize("one", "①⑴❶➀➊¹₁", ids=ascii)
def test_circled_and_raised_digits_are_digits(one: str) -> None:
    if one in "¹":
        assert fold("¹²³") == "123"
        return
    assert fold("".join(chr(ord(one) + i) for i in range(9))).replace(" ", "") == "123456789"


ARABIC = [*("يی", "كک", "ةه", "هە"), *("أا", "إا", "آا", "اٱ", "ئي", "ؤو", "ىي")]


@pytest.mark.parametrize("pair", ARABIC)
def test_variants_of_arabic_letters_are_one_letter(pair: str) -> None:
    assert missed(lambda s: s.replace(pair[0], pair[1]), EXAMPLES) == []
    assert missed(lambda s: s.replace(pair[1], pair[0]), EXAMPLES) == []


def test_arabic_vowel_signs_and_stretching_do_not_matter() -> None:
    assert missed(lambda s: re.sub("([\u0620-\u064a])", "\\1\u0640\u064e", s), EXAMPLES) == []


def test_devanagari_dots_may_be_written_apart_left_out_or_without_the_moon() -> None:
    for old, new in (("ज़", "ज\u093c"), ("ज़", "ज"), ("ड़", "ड\u093c"), ("\u093c", ""), ("ँ", "ं")):
        assert missed(lambda s, old=old, new=new: s.replace(old, new), EXAMPLES) == []


@pytest.mark.parametrize(
    "pair", ["殺杀", "殘残", "結结", "輕轻", "護护", "車车", "無无", "過过", "氣气", "藥药"]
)
def test_traditional_and_simplified_characters_are_one(pair: str) -> None:
    assert fold(pair[0]) == fold(pair[1]) == pair[1]


# -- words hidden on purpose -----------------------------------------------------------------

WORD = re.compile(r"(?<![\w'’-])[A-Za-z]{3,}(?![\w'’-])")


@pytest.mark.parametrize("glue", [*".-_*/|~·•", "--", "..", "\u200b-", "😶"], ids=ascii)
def test_words_may_be_spelt_out(glue: str) -> None:
    """In every rule: `k-i-l-l m-y-s-e-l-f`."""
    assert missed(lambda s: WORD.sub(lambda word: glue.join(word[0]), s), EXAMPLES) == []


@given(AN_EVASIVE_EXAMPLE, LUCK)
def test_words_of_evasive_rules_may_be_spelt_out_with_spaces(
    example: tuple[Rule, str], luck: random.Random
) -> None:
    """One word where its neighbours are longer than a letter; all, where words are set apart."""
    rule, sentence = example
    words = sentence.split()
    places = [
        place
        for place, word in enumerate(words)
        if WORD.fullmatch(word) and all(len(w) > 1 for w in words[max(place - 1, 0) : place + 2])
    ]
    for place in luck.sample(places, min(1, len(places))):
        spelt = [*words[:place], " ".join(words[place]), *words[place + 1 :]]
        assert is_caught(rule, sentence, " ".join(spelt))
    apart = [w if i == 0 or not WORD.fullmatch(w) else " ".join(w) for i, w in enumerate(words)]
    assert is_caught(rule, sentence, "   ".join(apart))


@given(AN_EVASIVE_EXAMPLE, st.sets(st.sampled_from("ieoas"), min_size=1))
def test_letters_of_evasive_rules_may_be_digits(
    example: tuple[Rule, str], letters: set[str]
) -> None:
    """Inside words: a 1 that stands alone is a number."""
    rule, sentence = example
    digits = dict(zip("ieoast", "130@$7"))
    table = {ord(c): digits[c] for c in letters}
    leet = re.sub(r"\w{2,}", lambda word: word[0].translate(table), sentence.lower())
    assert is_caught(rule, sentence, leet)


STARRED = re.compile(r"(?i)(?<!\w)(suicid(e|al)|kill(s|ing|ed)?|die|murder|raped?|overdose)(?!\w)")


@pytest.mark.parametrize("star", ["*", "#", "_", "-", "•", "█", "🙈"], ids=ascii)
def test_one_letter_of_a_telling_word_may_be_starred(star: str) -> None:
    for place in (1, 2):

        def starred(word: re.Match[str], place: int = place) -> str:
            return (
                word[0][:place] + star + word[0][place + 1 :] if word[0][place + 1 :] else word[0]
            )

        assert missed(lambda s, starred=starred: STARRED.sub(starred, s), EXAMPLES) == []


# -- and near misses -------------------------------------------------------------------------

NEAR_MISSES = [(rule, sentence) for rule in RULES for sentence in rule.must_not_catch]
HARMLESS: dict[str, Disguise] = {
    "upper case": str.upper,
    "title case": str.title,
    "curly apostrophes": lambda s: s.replace("'", "’"),
    "no commas": lambda s: re.sub(r",(?= )", "", s),
    "wide spaces": lambda s: s.replace(" ", "\u00a0 "),
    "bold": lambda s: f"**{s}**",
    "tags": lambda s: f"<p><b>{s}</b></p>",
    "emoji at the end": lambda s: f"{s} 😅😅",
    "quoted": lambda s: f"> {s}\n",
    "full-width": written_in(ALPHABETS["full-width"]),
}


@pytest.mark.parametrize("disguise", HARMLESS.values(), ids=list(HARMLESS))
def test_a_near_miss_stays_one_however_it_is_written(disguise: Disguise) -> None:
    own = {rule.id: CompiledRules([rule]) for rule in RULES}
    assert [s for rule, s in NEAR_MISSES if own[rule.id].find(disguise(s))] == []


# -- all at once -----------------------------------------------------------------------------


@given(AN_EXAMPLE, LUCK)
def test_disguises_on_top_of_each_other_do_not_matter(
    example: tuple[Rule, str], luck: random.Random
) -> None:
    rule, sentence = example
    disguised = luck.choice(list(CASES.values()))(sentence)
    disguised = written_in(luck.choice(list(ALPHABETS.values())))(disguised)
    disguised = around_words(*luck.choice(WRAPPERS[:13]))(disguised)
    disguised = luck.choice(SPACES).join(disguised.split())
    if "&" not in disguised and "<" not in disguised:
        disguised = "".join(c + luck.choice(("", luck.choice(INVISIBLE))) for c in disguised)
    assert is_caught(rule, sentence, disguised)
