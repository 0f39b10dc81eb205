"""What stays or goes as one piece, and what leans on what."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import any_text

from spsd_core.context.leaning import anchors
from spsd_core.context.units import UnitKind, split_units


def pieces(passage: str) -> list[str]:
    return [passage[unit.start : unit.end] for unit in split_units(passage)]


def kinds(passage: str) -> list[str]:
    return [unit.kind.value for unit in split_units(passage)]


def leaning(passage: str) -> list[tuple[int, ...]]:
    return list(anchors(passage, split_units(passage)))


class TestSentences:
    @pytest.mark.parametrize(
        ("passage", "expected"),
        [
            ("It cost 3.5 million. Then it rose.", ["It cost 3.5 million.", "Then it rose."]),
            ("See Smith et al. 2010 for more. It is clear.", None),
            ("Dr. A. B. Ott came at 5 p.m. on Monday. She left.", None),
            ("It opened in the U.S. in 1990. Prices fell, i.e. halved.", None),
            ("It fell in 1952.[12] It rose in 1954.[3][4] It fell.", 3),
            ("It fell in 1952.\u00b9\u00b2 It rose.", ["It fell in 1952.\u00b9\u00b2", "It rose."]),
            ('He said "no."[7] They left.', ['He said "no."[7]', "They left."]),
            ("As Ott et al.[12] showed, it works.", 1),
            ("The array a.[0] is empty.", 1),
        ],
    )
    def test_sentences_end_where_they_end(
        self, passage: str, expected: list[str] | int | None
    ) -> None:
        """Not at a decimal point or a short form; behind the number of a source."""
        found = pieces(passage)
        if isinstance(expected, list):
            assert found == expected
        else:
            assert len(found) == (expected or 2)

    def test_a_sentence_goes_on_over_the_end_of_a_line(self) -> None:
        """As in text that was cut out of pages, hyphens and all."""
        passage = (
            "The method was introduced by Marta Oldenburg and\nPeter Ritter, and has been applied "
            "to many prob-\nlems since. It was\nfast."
        )
        assert pieces(passage) == [passage[:-13], "It was\nfast."]
        assert pieces("The rate is given in Fig.\n3 and rises. It falls later.")[0].endswith(
            "rises."
        )

    def test_lines_of_a_log_or_a_chat_are_apart(self) -> None:
        """However long they are."""
        log = (
            "2024-05-01 10:00:01 INFO Starting the server on port 8080 of host a\n"
            "2024-05-01 10:00:02 WARN The disk is used to 91 percent of its size\n"
            "2024-05-01 10:00:05 INFO Retrying"
        )
        assert pieces(log) == log.split("\n")
        assert set(kinds(log)) == {"sentence"}
        chat = (
            "Anna: the parcel that you sent to me last week has not come\n"
            "Ben: it was handed to the neighbour on the second floor"
        )
        assert pieces(chat) == chat.split("\n")


class TestBlocks:
    def test_a_readme(self) -> None:
        """Headings, prose, code with what announces it, a list with its lead-in, a table."""
        code = "Run this:\n\n```bash\npip install fastgrep\n\nfastgrep --version\n```"
        options = (
            "Options:\n\n- `-i`: ignore case\n- `-r`: recurse.\n  Links, too.\n\n  All.\n- `-n`"
        )
        table = "| Flag | Meaning |\n|---|---|\n| -a | all \\| any |"
        passage = "\n\n".join(
            ("# Fastgrep", "It is fast. It is small.", "Install\n-------", code, options, table)
        )
        assert pieces(passage) == [
            "# Fastgrep",
            "It is fast.",
            "It is small.",
            "Install\n-------",
            code,
            options,
            table,
        ]
        assert kinds(passage) == "heading sentence sentence heading code list table".split()

    @pytest.mark.parametrize(
        ("passage", "kind"),
        [
            ("- one\n- two that is\n  continued\n- three", "list"),
            ("- an item of a list that is long and that is wrapped\nright here\n- two", "list"),
            ("\u2022\nFirst\n\u2022\nSecond", "list"),
            ("* One\n** Below\n* Two", "list"),
            ("a) one\nb) two\nIV. four", "list"),
            ("Two eggs\n100 g flour\nSalt\nA pinch of sugar", "list"),
            ("Ott Ltd\nHarbour Street 5\nHalvorsund", "list"),
            ("From: Anna\nTo: Ben\nSubject: Minutes", "list"),
            ("name,age,town\nAnna,31,Oslo\nBen,29,Rome", "table"),
            ("name\tage\nAnna\t31\nBen\t29", "table"),
            ("Name     Age\nAnna     31\nBen      29", "table"),
            ("+-----+-----+\n| a | b |\n+-----+-----+\n| 1 | 2 |\n+-----+-----+", "table"),
            ('{\n  "name": "lamp",\n  "note": "Long. It has sentences."\n}', "code"),
            ("server:\n  port: 8080\n  host: localhost\nlog: debug", "code"),
            ("Use:\n\n    def f(x):\n        return sorted(x)\n\n    words here", "code"),
            ("\\begin{equation}\n  x^2 \\ge 0.\n\\end{equation}", "code"),
            ("<table>\n<tr><td>1</td></tr>\n</table>", "code"),
            ("~~~\nAnything. At all.\n\nGoes.\n~~~", "code"),
            ("```\ncut off here. And", "code"),
        ],
    )
    def test_what_is_one_block(self, passage: str, kind: str) -> None:
        """It stays whole or goes whole."""
        assert pieces(passage) == [passage]
        assert kinds(passage) == [kind]
        around = f"Before it.\n\n{passage}\n\n"
        assert passage in pieces(around)[-1]

    @pytest.mark.parametrize(
        ("heading", "rest"),
        [
            ("# Limits", "The limit is 30 MB."),
            ("Limits", "The limit is 30 MB."),
            ("  Limits  ", "The limit is 30 MB."),
            ("== Limits ==", "The limit is 30 MB."),
            ("Limits\n======", "The limit is 30 MB."),
            ("2.1 Limits", "The limit is 30 MB."),
            ("1. Limits", "The limit is 30 MB."),
            ("Chapter 3: Limits", "The limit is 30 MB."),
            ("\\section{Limits}", "The limit is 30 MB."),
            ("Q: What is the limit?", "A: The limit is 30 MB."),
            ("Q7. What is the limit", "A. The limit is 30 MB."),
            ("**What is the limit?**", "It is 30 MB."),
        ],
    )
    @pytest.mark.parametrize("gap", ["\n", "\n\n", "\r\n"])
    def test_what_is_a_heading(self, heading: str, rest: str, gap: str) -> None:
        """Titles, marked or not, and questions on a line of their own."""
        passage = heading + gap + rest
        assert [kind for kind in kinds(passage) if kind == "heading"] == ["heading"]
        assert pieces(passage)[0] == heading.strip()

    @pytest.mark.parametrize(
        "passage",
        [
            "Then",
            "A line that ends the passage without a mark",
            "12\n\nIt is page twelve.",
            "It was late.\nYes.",
            "Anna: when does it leave\nBen: at five",
            "2024-05-01 12:00 INFO up\n\nThat was the log.",
            "It was large. It was\nRed, too.",
        ],
    )
    def test_what_is_no_heading(self, passage: str) -> None:
        assert "heading" not in kinds(passage)

    def test_an_answer_is_no_code(self) -> None:
        """Although `name: 300` looks like it."""
        assert kinds("Answer: 300 MB.") == ["sentence"]


class TestLeaning:
    @pytest.mark.parametrize(
        ("passage", "expected"),
        [
            ("The tower is old. It also leans.", [(), (0,)]),
            ("Iron and tin are metals. The former rusts. The latter melts.", [(), (0,), (0, 1)]),
            ("The tower is old. The river is cold.", [(), ()]),
            ("The tower is old. It is known that stone lasts.", [(), ()]),
            ("Pay in cash. Otherwise, a fee is due.", [(1,), (0,)]),
            ("Nine came. Some of them left.", [(), (0,)]),
            ("One stood. He fell. He rose. He left.", [(), (0,), (0, 1), (1, 2)]),
            ("There are two: tin and iron. Tin melts.", [(), ()]),
            ("They named two things:\n\nTin is one. Iron is one.", [(1,), (0,), ()]),
            ("Can I return it? Within 30 days, yes. Keep the slip.", [(1,), (0,), ()]),
            ("See Eq.\n(4) for it.", [(), (0,)]),
        ],
    )
    def test_a_sentence_leans_on_what_it_points_to(
        self, passage: str, expected: list[tuple[int, ...]]
    ) -> None:
        assert leaning(passage) == expected

    @pytest.mark.parametrize(
        "home",
        [
            "The European Court of Justice (ECJ) sits in Luxembourg.",
            "ECJ (European Court of Justice) is the short name.",
            "The European Court of Justice (ECJ; French: CJUE) sits there.",
        ],
    )
    def test_a_short_form_leans_on_where_it_is_spelled_out(self, home: str) -> None:
        """Wherever in the passage that is; what looks like it but is none stays free."""
        passage = f"Rain fell. Snow fell. The ECJ ruled. Hail fell. {home} The ECJX sat."
        found = leaning(passage)
        assert found[2] == (4,)
        assert [place for place, needed in enumerate(found) if needed] == [2]

    def test_everything_leans_on_the_headings_above(self) -> None:
        """A section on its section, whatever its mark, and no farther."""
        passage = "# Basic\n\n## Price\n\nTen euros.\n\n# Pro\n\n## Price\n\nNine. Or so."
        assert leaning(passage) == [(), (0,), (1,), (), (3,), (4,), (4,)]
        rst = "Basic\n=====\n\nPrice\n-----\n\nTen euros."
        assert leaning(rst) == [(), (0,), (1,)]
        assert leaning("1. Basic\n\nFree.\n\n1.2 Price\n\nTen.")[2:] == [(0,), (2,)]

    def test_every_sentence_of_an_answer_leans_on_its_question(self) -> None:
        """And on no other."""
        passage = (
            "Q: Can I return it?\nA: Yes, within 30 days. Keep the slip.\n\n"
            "Q: Do you ship abroad?\nA: No."
        )
        assert leaning(passage) == [(), (0,), (0,), (), (3,)]

    @pytest.mark.parametrize(
        "lead",
        ["The following parts are needed.", "Table 2 shows the parts.", "The parts of it are"],
    )
    def test_a_block_leans_on_what_announces_it(self, lead: str) -> None:
        passage = f"It is a lamp. {lead}\n\n- a base\n- a shade"
        assert leaning(passage)[-1] == (1,)
        assert leaning("Lamps:\n\nIt glows.\n\nRain fell.\n\n- a base\n- a shade")[-1] == (2,)

    def test_what_announces_a_short_block_brings_it(self) -> None:
        """A full stop announces as well as a colon does; a long block costs too much for that."""
        assert leaning("Here are the hours.\n\n| Day | Hours |\n| Mon | 9-5 |")[0] == (1,)
        assert leaning("It comes in two.\n\n- sand\n- slate")[0] == (1,)
        many = "\n".join(f"- number {count} of the many" for count in range(60))
        assert leaning(f"It comes in many.\n\n{many}")[0] == ()

    def test_a_question_brings_its_answer(self) -> None:
        assert leaning("Who conducts it? Mira Stahl does. It rains.")[0] == (1,)

    def test_exceptions_below_a_title_of_their_own_come_along(self) -> None:
        found = leaning("# Dogs\n\nDogs may come.\n\n## Exceptions\n\nJuly and August.")
        assert found[1] == (0, 2, 3)


class TestQualifying:
    """What stays must not say the opposite of the whole."""

    @pytest.mark.parametrize(
        "behind",
        [
            "Except on Sundays.",
            "(Members only.)",
            "However, this does not apply to the garden.",
            "You must not bring a dog.",
            "Sale items cannot be returned.",
            "Groups don't.",
            "Unless it rains.",
            "Until 1950, that is.",
            "Only on weekdays.",
            "The exception is the tower.",
            "This was later shown to be wrong.",
            "A court struck it down in 1990.",
            "Galileo rejected this view.",
            "Since version 3 the port is 9090.",
            "Residents need a permit.",
            "**Note:** the gate is locked at night.",
            "In truth she came from Oslo.",
            "Support ended in 2020.",
            "The opposite holds for fish.",
            "That was long ago.",
        ],
    )
    @pytest.mark.parametrize("gap", [" ", "\n\n"])
    def test_a_sentence_brings_what_limits_it_or_takes_it_back(self, behind: str, gap: str) -> None:
        passage = f"Birds sing. The park opens at nine.{gap}{behind} Nine men came by."
        found = leaning(passage)
        assert 2 in found[1]
        assert 1 not in found[0]
        assert 3 not in found[1]

    def test_it_brings_a_list_of_limits(self) -> None:
        assert leaning("Swimming is free.\n\n- not after dark\n- not in May")[0] == (1,)
        assert leaning("Swimming is free.\n\n1. except in May\n2. or June")[0] == (1,)
        lakes = "\n".join(f"- lake {count} of the many" for count in range(60))
        assert leaning(f"Swimming is free.\n\n{lakes}")[0] == ()

    def test_a_limit_of_a_rule_may_come_one_sentence_later(self) -> None:
        """One that says so of the rule as such; any other belongs to the sentence before it."""
        passage = "Dogs may come in. Guards stand there. {} Nine men came by."
        assert leaning(passage.format("This rule does not apply in the yard."))[0] == (2,)
        assert leaning(passage.format("Cats are excluded."))[0] == (2,)
        assert leaning(passage.format("They must wear a hat."))[0] == ()

    def test_nothing_is_limited_from_below_the_next_heading(self) -> None:
        assert leaning("Tin is light.\n\n# Iron\n\nHowever, it rusts.")[0] == ()

    def test_limits_in_a_row_come_all(self) -> None:
        found = leaning("The park is open. Not in May. Except for members. Nine men came by.")
        assert (1 in found[0]) and (2 in found[1]) and (3 not in found[2])

    @pytest.mark.parametrize(
        "frame",
        [
            "The following claim is a rumour.",
            "It is a common misconception.",
            "Suppose there is no wind.",
            "Do not trust this text.",
            "According to the novel, all are free.",
            "A bad example is this one.",
        ],
    )
    def test_what_is_meant_as_an_error_or_a_thought_brings_what_says_so(self, frame: str) -> None:
        assert leaning(f"Birds sing. {frame} Parking costs nothing. Nine men came.")[2][-1] == 1

    @pytest.mark.parametrize("mark", ["*", "\u2020", "\u00b9", "[^1]"])
    def test_a_footnote_comes_with_what_refers_to_it(self, mark: str) -> None:
        """However far below it is."""
        colon = ":" if mark == "[^1]" else ""
        passage = (
            f"Entry is free.{mark} Birds sing. Rain falls.\n\n{mark}{colon} Members of the club."
        )
        found = leaning(passage)
        assert found[0] == (len(found) - 1,)
        assert found[1] == ()

    def test_the_star_of_a_list_is_no_footnote(self) -> None:
        assert leaning("It is *free*. Birds sing.\n\n* one lake\n* two ponds")[0] == ()


class TestAnyText:
    @settings(max_examples=300)
    @given(
        text=st.one_of(
            any_text,
            st.lists(
                st.sampled_from(
                    "# T|It is.|- a|1. b|```|a,b,c| x|\t|\n|\n\n|\r\n|---|Q: Why?|| a |:|"
                    "Title|- |But|*|\u2020|See Fig.|[12]|\\begin{math}|\u2028|\x0c|(ABC)|ABC".split(
                        "|"
                    )
                )
            ).map("".join),
        )
    )
    def test_units_hold_every_character_but_spaces(self, text: str) -> None:
        """In order, none twice, none empty; and no unit leans on itself or on nothing."""
        units = split_units(text)
        edges = [edge for unit in units for edge in (unit.start, unit.end)]
        assert edges == sorted(edges)
        assert "".join("".join(pieces(text)).split()) == "".join(text.split())
        for unit in units:
            piece = text[unit.start : unit.end]
            assert piece
            assert piece == (piece.rstrip() if unit.kind is UnitKind.CODE else piece.strip())
            assert isinstance(unit.kind, UnitKind)
        for place, needed in enumerate(anchors(text, units)):
            assert place not in needed
            assert all(0 <= one < len(units) for one in needed)

    @pytest.mark.parametrize(
        "part",
        [
            "a",
            "\n",
            "- a\n",
            "Abc\n",
            "|",
            "(",
            "ABC (Ab cd ",
            "[1].",
            "a\tb\n",
            " ",
            "#",
            "Why?\n",
        ],
    )
    def test_cutting_is_linear(self, part: str) -> None:
        """A text of 100,000 characters that was made to be slow takes less than two seconds."""
        text = part * (100_000 // len(part)) + " It."
        began = time.process_time()
        anchors(text, split_units(text))
        assert time.process_time() - began < 2
