"""Folding: many spellings, one form, and the way back to the writer's characters."""

from __future__ import annotations

import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsd_core.safety.folding import fold, fold_offsets, unmask, unmask_offsets
from spsd_core.safety.lookalikes import GAP, plain_character

# What the steps of folding look for, to be put together in every way
PIECES = st.sampled_from(
    r"""a|b|i|l|k|kill|want|s*icide|1|1,000|2:30|3.5|10|0|@|$|%|20|+|!|?|.|..|...|…|,|:|;|-|_|*|'|’|"|<b>|</b>
    |<i>|</i>|<p>|<|>|&#39;|&amp;|&lt;|&nbsp;|&#x1f600;|&|#39;|\n|\|\u2019|\ud83d\ude00|\ud83d
    |é|ß|İ|ﬁ|😭|🅺|я|想|दु|ज़|ى|١|½""".replace("\n    ", "").split("|")
) | st.sampled_from([" ", "  ", "\n", "|", "\x1f", "\x00", "\ud800", "\u200b", "\u0301"])
ANY_TEXT = st.text(alphabet=st.characters()) | st.lists(PIECES, max_size=30).map("".join)


@pytest.mark.parametrize(
    "written",
    [
        "i cant breathe",
        "I CAN'T BREATHE",
        "I can’t  breathe",
        "i\tcan't\n\nbreathe",
        "i can\u200bt brea\u200dthe",
        "i cаnt brеаthe",  # Cyrillic а and е
        "ι CΑΝ'Τ ΒREΑΤΗΕ",  # Greek capitals
        "ｉ ｃａｎ'ｔ ｂｒｅａｔｈｅ",
        "í cän't bréathê",
        "**i** can't *breathe*",
        "i can't\u00a0brea\u00adthe",
        "i can\x00't breathe\ud800",
        "I, can't; breathe:",
        "i can&#39;t <b>bre</b>athe",
        "<p>i can&rsquo;t</p><br/>breathe",
        "I 😭 can't 😭 breathe",
        "i c-a-n-t b.r.e.a.t.h.e",
        "🅸 🅲🅰🅽🆃 🅱🆁🅴🅰🆃🅷🅴",
        "ɪ ᴄᴀɴ'ᴛ ʙʀᴇᴀᴛʜᴇ",
        r"i can\u2019t bre\u0061the",
        "I! can't! breathe",
    ],
)
def test_spellings_of_one_sentence_fold_to_one_form(written: str) -> None:
    assert fold(written).strip() == "i cant breathe"


def test_sentence_ends_survive_but_trailing_dots_become_a_gap() -> None:
    assert fold("Stop. Now... go!") == "stop. now go!"


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("1,000 pills, 2 a day", "1,000 pills 2 a day"),
        ("at 10:30: wake up", "at 10:30 wake up"),
        ("٣٫٥ mg, १२ times, ½", "3.5 mg 12 times 1 2"),
        ("I love it. Thanks! Bye", "i love it. thanks bye"),
        ("Well. I want it. Now", "well. i want it. now"),
        ("Stop! It! Now! It is late", "stop it now! it is late"),
        ("i < n && n > j; a <b and c> d", "i n && n j a b and c d"),
        ("<I> want, <a> dog", " i want a dog"),
        ("an HIV (H.I.V.) test, e.g. at 5 a.m.", "an hiv hiv. test e.g. at 5 a.m."),
        ("x-ray, T-shirt, A/C, and/or", "x ray t shirt a c and or"),
        (r"C:\new\temp", "c new temp"),
        (r'{"a": "so\nit is"}', " a so it is "),
        ("k*ll s**cide d*e gr*y", "kill suicide die gr y"),
        ("it+is%20late, 2+2, c++ and 5%", "it is late 2+2 c++ and 5%"),
        ("a &amp; b &copy &unknown;", "a & b &copy &unknown "),
        ("k i l l  m e  n o w", "k i l l m e now"),
    ],
)
def test_what_folds_to_what(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_no_character_changes_when_it_is_made_plain_again() -> None:
    for character in map(chr, range(sys.maxunicode + 1)):
        plain = plain_character(character)
        assert all(c in (" ", GAP) or plain_character(c) == c for c in plain)


def test_scripts_without_a_latin_twin_are_kept() -> None:
    assert fold("我想死。") == "我想死."
    assert fold("मरना चाहता") == "मरना चाहता"


@given(ANY_TEXT)
def test_every_folded_character_has_a_place_in_the_text(text: str) -> None:
    folded, origin = fold(text), fold_offsets(text)
    assert len(origin) == len(folded) + 1
    assert origin == sorted(origin)
    assert origin[-1] == len(text)
    assert all(0 <= place < len(text) for place in origin[:-1])


@given(st.text(alphabet=st.characters(blacklist_characters="\\&<*-_#/")))
def test_the_place_of_a_folded_character_is_where_it_was_written(text: str) -> None:
    for character, place in zip(fold(text), fold_offsets(text)):
        plain = plain_character(text[place])
        assert character == " " or character in plain


@pytest.mark.parametrize(
    ("text", "found", "written"),
    [
        ("so k-i-l-l it", "kill", "k-i-l-l"),
        ("so k🔪i🔪l🔪l it", "kill", "k🔪i🔪l🔪l"),
        ("a s*icide note", "suicide", "s*icide"),
        ("I can&#39;t breathe", "cant breathe", "can&#39;t breathe"),
        (r'"I can\u2019t\nbreathe"', "cant breathe", r"can\u2019t\nbreathe"),
        ("I <b>can't</b><br>breathe", "cant breathe", "can't</b><br>breathe"),
        ("x  m y  s e l f  y", "self", "s e l f"),
        ("Oh! I! want! out! now", "want out", "want! out"),
        ("ﬁre, — ﬁre", "fire fire", "ﬁre, — ﬁre"),
        ("ｋ\u0301\u200bｉ… \n, ll", "ki ll", "ｋ\u0301\u200bｉ… \n, ll"),
    ],
)
def test_a_span_points_to_what_was_written(text: str, found: str, written: str) -> None:
    origin, start = fold_offsets(text), fold(text).index(found)
    assert text[origin[start] : origin[start + len(found) - 1] + 1] == written


@given(ANY_TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("masked", "plain"),
    [
        ("i will k1ll mys3lf", "i will kill myself"),
        ("k i l l m y s e l f", "killmyself"),
        ("k.i.l.l m.e", "kill.m.e"),
        ("commit $uicide", "commit suicide"),
        ("1m s0 s@d", "im so sad"),
        ("1 want to d1e!", "i want to die!"),
        ("k!ll a 14 year old, 12yo, 500mg", "kill a 14 year old, 12yo, 500mg"),
        ("hell no h3ll ki11", "hell no hell kill"),
        ("to d i e now", "to die now"),
    ],
)
def test_hidden_words_are_read(masked: str, plain: str) -> None:
    assert (unmask(masked) or "").replace(".", "") == plain.replace(".", "")


@pytest.mark.parametrize("text", ["call 911", "$999 for 12 months", "a plan b plan", "use gpt 4"])
def test_plain_text_is_not_unmasked(text: str) -> None:
    assert unmask(text) is None


@given(ANY_TEXT.map(fold) | st.text(alphabet="ab1 3.@$,"))
def test_every_unmasked_character_has_a_place_in_the_folded_text(folded: str) -> None:
    unmasked = unmask(folded)
    if unmasked is not None:
        origin = unmask_offsets(folded)
        assert len(origin) == len(unmasked) + 1
        assert origin == sorted(origin)
        assert origin[-1] == len(folded)


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            " ",
            "'",
            ".",
            "!",
            ",",
            ":",
            "-",
            "\\",
            "&",
            "<",
            "é",
            "\u0301",
            "想",
            "😭",
            "\x1f",
        ),
        *(
            "a-",
            "a.",
            "a ",
            "a! ",
            "a1",
            "a!",
            "1.",
            "1,",
            "a b  ",
            "s*",
            "<i>",
            "<b>",
            "&#39;",
            "&a",
        ),
        *("\\n", "\\u2019", "a.b ", "a--", ". ", ".. ", "! ", "aa ", "a@ ", "11 ", "k i  "),
    ],
    ids=ascii,
)
def test_time_is_in_proportion_to_the_text(unit: str) -> None:
    text = (unit * 100_000)[:100_000] + "z"
    start = time.process_time()
    folded = fold(text)
    fold_offsets(text)
    unmask(text)
    unmask(folded)
    unmask_offsets(folded)
    assert time.process_time() - start < 3.0  # quadratic work would take minutes
