"""Every form of log is read record by record; what is broken is counted and never fatal."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from pathlib import Path

import pytest
from audit_parts import PLAIN, POLITE, read_all, said
from hypothesis import given
from hypothesis import strategies as st

from spsd_core.audit import json_records, records, sources
from spsd_core.audit.readers import FORMATS
from spsd_core.audit.shapes import Entry, LeftOut
from spsd_core.exceptions import ConfigurationError

ASKED = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": POLITE}]
READ = [("system", "Be brief."), ("user", POLITE)]
HUMAN = {
    "lc": 1,
    "type": "constructor",
    "id": ["langchain", "schema", "messages", "HumanMessage"],
    "kwargs": {"content": POLITE, "type": "human"},
}
SYSTEM = {**HUMAN, "id": ["langchain", "schema", "messages", "SystemMessage"]}
SYSTEM["kwargs"] = {"content": "Be brief.", "type": "system"}


@pytest.mark.parametrize(
    "record",
    [
        {"messages": ASKED, "model": "m"},
        {"request": {"messages": ASKED}, "response": {"usage": {"prompt_tokens": 30}}},
        {"request": json.dumps({"messages": ASKED}), "response": "{}"},
        {"custom_id": "7", "method": "POST", "url": "/v1", "body": {"messages": ASKED}},
        {"instructions": "Be brief.", "input": POLITE},
        {"instructions": "Be brief.", "input": [{"role": "user", "content": POLITE}]},
        {"system": "Be brief.", "messages": [{"role": "user", "content": POLITE}]},
        {"run_type": "llm", "inputs": {"messages": [[SYSTEM, HUMAN]]}},
        {"run_type": "llm", "inputs": {"messages": [SYSTEM, HUMAN]}},
        {"run_type": "llm", "inputs": {"messages": [["system", "Be brief."], ["human", POLITE]]}},
        {
            "run_type": "llm",
            "inputs": {
                "messages": [
                    {"type": "system", "data": {"content": "Be brief."}},
                    {"type": "human", "data": {"content": POLITE}},
                ]
            },
        },
    ],
    ids=lambda record: " ".join(record),
)
def test_requests_are_known_in_every_wrapping(record: object, tmp_path: Path) -> None:
    """OpenAI's, its batch files', Anthropic's, LangSmith's with LangChain's messages."""
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(record) + "\n")
    [read] = read_all(log)
    assert said(read) == READ


def test_parts_tool_calls_and_cache_marks_are_kept_apart(tmp_path: Path) -> None:
    """Images are not text; the gate reads what a tool was called with."""
    log = tmp_path / "log.jsonl"
    messages = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "one", "cache_control": {"type": "ephemeral"}},
                {"type": "image_url", "image_url": {"url": "data:"}},
                {"type": "text", "text": "two"},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"function": {"name": "find", "arguments": '{"a": 1}'}}],
        },
        {"role": "tool", "content": "found", "tool_call_id": "x"},
    ]
    log.write_text(json.dumps({"messages": messages}) + "\n")
    [read] = read_all(log)
    assert isinstance(read.entry, Entry)
    user, assistant, tool = read.entry.messages
    assert (user.parts, user.frozen) == (("one", "two"), True)
    assert (assistant.parts, assistant.unseen) == ((), ("find", '{"a": 1}'))
    assert tool.role == "tool"


@pytest.mark.parametrize("name", ["log.csv", "log.tsv", "semicolons.csv", "log.csv.gz"])
def test_the_column_of_csv_is_found_and_line_breaks_in_quotes_stay(
    name: str, tmp_path: Path
) -> None:
    """A byte-order mark, as spreadsheets write it, is no part of the first column's name."""
    delimiter = {"log.tsv": "\t", "semicolons.csv": ";"}.get(name, ",")
    written = io.StringIO()
    rows = [["Prompt", "user"], ['Hello,\nplease; "help"\tme', "ann"], [PLAIN, "bob"]]
    csv.writer(written, delimiter=delimiter).writerows(rows)
    data = b"\xef\xbb\xbf" + written.getvalue().encode()
    log = tmp_path / name
    log.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    first, second = read_all(log)
    assert said(first) == [("user", rows[1][0])]
    assert (first.line, second.line) == (2, 4)


def test_a_column_can_be_named_and_must_be_there(tmp_path: Path) -> None:
    """What cannot be told is asked for, with the names there are."""
    log = tmp_path / "log.csv"
    log.write_text(f"id,said\n7,{PLAIN}\n")
    with pytest.raises(ConfigurationError, match=r"there are id, said: name one with --column"):
        read_all(log)
    with pytest.raises(ConfigurationError, match="no column 'text'; there are id, said"):
        read_all(log, column="text")
    [read] = read_all(log, column="said")
    assert said(read) == [("user", PLAIN)]


def test_a_field_of_json_can_be_named(tmp_path: Path) -> None:
    """Also one inside another."""
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"data": {"said": POLITE}, "text": PLAIN}) + "\n{}\n")
    first, second = read_all(log, column="data.said")
    assert said(first) == [("user", POLITE)]
    assert "--column" in second.problem


def test_runs_of_chains_are_left_out_because_the_model_inside_logs_the_same(
    tmp_path: Path,
) -> None:
    """Unless they are asked for."""
    log = tmp_path / "runs.jsonl"
    log.write_text(json.dumps({"run_type": "chain", "inputs": {"input": POLITE}}) + "\n")
    [read] = read_all(log)
    assert read.entry == LeftOut("chain")
    [read] = read_all(log, run_types=("chain",))
    assert said(read) == [("user", POLITE)]


def test_conversation_time_and_usage_are_read(tmp_path: Path) -> None:
    """LangSmith's own session is its project, not a conversation."""
    log = tmp_path / "log.jsonl"
    usage = {"prompt_tokens": 30, "prompt_tokens_details": {"cached_tokens": 8}}
    rows = [
        {
            "request": {"messages": ASKED, "metadata": {"thread_id": "t"}},
            "response": {"usage": usage, "created": 1_700_000_000},
        },
        {
            "run_type": "llm",
            "session_id": "project",
            "start_time": "2023-11-14T22:13:20",
            "extra": {"metadata": {"thread_id": "t"}},
            "inputs": {"messages": ASKED},
        },
    ]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for read in read_all(log):
        assert isinstance(read.entry, Entry)
        assert read.entry.conversation == "t"
        assert read.entry.at == 1_700_000_000
    first = read_all(log)[0].entry
    assert isinstance(first, Entry)
    assert first.usage is not None
    assert (first.usage.input_tokens, first.usage.cached_tokens) == (30, 8)


@pytest.mark.parametrize(
    ("name", "content", "lines"),
    [
        (
            "log.jsonl",
            b'{"text": "a"}\n{"text\n\xff\xfe\n[1]\n{"x": 1}\n{"text": "b"}\n',
            [2, 3, 4, 5],
        ),
        ("log.csv", b'text,n\na,1\nonly one\n"b\xff",2\nc,3\n', [3, 4]),
        ("log.csv", b'text,n\n"no partner,1\nc,3\n', [2]),
        ("log.txt", b"a\n\x00\x01\n\xff\nb\n", [2, 3]),
        ("log.json", b'[{"text": "a"},\n{"text": nope},\n{"text": "b"}, {"text"', [2, 3]),
    ],
)
def test_broken_records_are_told_with_their_lines(
    name: str, content: bytes, lines: list[int], tmp_path: Path
) -> None:
    """And the records after them are read; no word of the log is in what is told."""
    log = tmp_path / name
    log.write_bytes(content)
    reads = read_all(log)
    assert [read.line for read in reads if read.problem] == lines
    assert any(read.entry for read in reads)
    assert not any(word in read.problem for read in reads for word in ("nope", "partner,1"))


def test_lines_that_are_too_long_are_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line after them is read as ever, in every form."""
    for module in (records, json_records):
        monkeypatch.setattr(module, "LONGEST_RECORD", 1000)
    long = "x" * 5000
    logs = {
        "log.jsonl": json.dumps({"text": long}) + "\n" + json.dumps({"text": "b"}) + "\n",
        "log.json": json.dumps([{"text": long}, {"text": "b"}]),
        "log.csv": f"text\n{long}\nb\n",
        "log.txt": f"{long}\nb\n",
    }
    for name, content in logs.items():
        (tmp_path / name).write_text(content)
        first, second = read_all(tmp_path / name)
        assert "longer than" in first.problem
        assert said(second) == [("user", "b")]


def test_a_gzip_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """The end is told like a broken line."""
    log = tmp_path / "log.jsonl.gz"
    rows = b"".join(json.dumps({"text": f"{n} {PLAIN}"}).encode() + b"\n" for n in range(9000))
    packed = gzip.compress(rows)
    log.write_bytes(packed[: len(packed) // 2])
    reads = read_all(log)
    assert len(reads) > 100
    assert [read for read in reads[:-2] if read.problem] == []
    assert "damaged" in reads[-1].problem


@pytest.mark.parametrize("lost", [1, 30, 500, 5000])
def test_of_a_gzip_file_that_was_cut_off_every_whole_line_is_read(
    lost: int, tmp_path: Path
) -> None:
    """As `zcat` would show them; the half line after them and the cut are broken lines."""
    rows = b"".join(
        json.dumps({"text": f"{n * n * n} {PLAIN}"}).encode() + b"\n" for n in range(9000)
    )
    packed = gzip.compress(rows)[:-lost]
    left = zlib.decompressobj(31).decompress(packed)
    (tmp_path / "log.jsonl.gz").write_bytes(packed)
    reads = read_all(tmp_path / "log.jsonl.gz")
    assert sum(read.entry is not None for read in reads) == left.count(b"\n")
    half_a_line = 0 if left.endswith(b"\n") else 1
    assert [bool(read.problem) for read in reads][-2:] == [bool(half_a_line), True]


def test_what_stands_before_a_damaged_place_in_a_gzip_file_is_read(tmp_path: Path) -> None:
    """Here a second member has a wrong header; padding between members is no damage."""
    line = json.dumps({"text": PLAIN}).encode() + b"\n"
    member = gzip.compress(line)
    (tmp_path / "log.gz").write_bytes(member + bytes(40) + member + b"no gzip at all")
    reads = read_all(tmp_path / "log.gz")
    assert [read.problem[:29] for read in reads] == ["", "", "the gzip file is damaged or c"]
    wrong_sum = member[:-8] + bytes(8)
    (tmp_path / "log.gz").write_bytes(wrong_sum + member)
    assert [bool(read.problem) for read in read_all(tmp_path / "log.gz")] == [False, True]


def request(n: int) -> dict[str, object]:
    """A record with objects inside that begin otherwise than it does."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"Say {n}"}]
    return {"messages": messages, "model": "m"}


@pytest.mark.parametrize(
    ("cut", "instead"),
    [
        (', "model": "m"}', ', "model": "m"'),
        ('"}], "model": "m"}', '"}, "model": "m"}'),
        ('"}], "model": "m"}', '"], "model": "m"}'),
        ('"}], "model": "m"}', ""),
        ('"}], "model": "m"}', '"}'),
        ('"user"', '"user'),
        ('"Be brief."},', '"Be brief.",'),
    ],
    ids=["brace", "bracket", "inner brace", "in a text", "after a message", "quote", "message"],
)
@pytest.mark.parametrize("between", [", ", ",\n", "\n,"], ids=["one line", "lines", "commas first"])
def test_a_json_record_that_is_not_closed_does_not_swallow_the_others(
    cut: str, instead: str, between: str, tmp_path: Path
) -> None:
    """It is broken; the next one that begins like it is read, and none of its inner parts is."""
    rows = [json.dumps(request(n)) for n in range(40)]
    for broken in (11, 12, 30):
        assert cut in rows[broken]
        rows[broken] = rows[broken].replace(cut, instead)
    log = tmp_path / "log.json"
    log.write_text(f"[{between.join(rows)}]")
    reads = read_all(log, format="json")
    found = [said(read)[1][1] for read in reads if read.entry]
    assert found == [f"Say {n}" for n in range(40) if n not in (11, 12, 30)]
    assert sum(bool(read.problem) for read in reads) == 3
    if between == ",\n":
        assert [read.line for read in reads] == list(range(1, 41))


def test_indented_records_are_found_by_their_indentation(tmp_path: Path) -> None:
    """Objects inside a record may begin with the same key."""
    rows = [{"text": f"Say {n}", "parts": [{"text": "part"}, {"text": "part"}]} for n in range(9)]
    content = json.dumps(rows, indent=2)
    parts = '"parts": [\n      {\n        "text": "part"'
    head, tail = content.split('"Say 4",')
    log = tmp_path / "log.json"
    log.write_text(f'{head}"Say 4",{tail.replace(parts, parts.replace("[", "", 1), 1)}')
    reads = read_all(log)
    assert [said(read)[0][1] for read in reads if read.entry] == [
        f"Say {n}" for n in range(9) if n != 4
    ]
    assert sum(bool(read.problem) for read in reads) == 1


def test_a_record_that_never_ends_is_given_up_where_it_is_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What follows in a list that was not closed is in order: only its length gives it away."""
    monkeypatch.setattr(json_records, "LONGEST_RECORD", 3_000)
    monkeypatch.setattr(sources, "_BLOCK", 500)
    rows = [json.dumps(request(n)) for n in range(200)]
    rows[5] = rows[5].replace('], "model": "m"}', "")
    (tmp_path / "log.json").write_text(f"[{', '.join(rows)}]")
    reads = read_all(tmp_path / "log.json")
    assert [read.problem for read in reads if read.problem] == [
        "it has no end before the next one begins"
    ]
    assert [said(read)[1][1] for read in reads if read.entry] == [
        f"Say {n}" for n in range(200) if n != 5
    ]


@given(
    texts=st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=3, max_size=9),
    block=st.integers(1, 300),
    indent=st.sampled_from([None, 0, 2]),
    place=st.integers(0),
)
def test_whatever_is_lost_of_one_record_the_others_are_read(
    texts: list[str],
    block: int,
    indent: int | None,
    place: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """One byte of the second. And where nothing is lost, all are, in blocks of any size."""
    log = tmp_path_factory.mktemp("logs") / "log.json"
    rows = [json.dumps({"text": one, "n": [{"m": "}"}]}, indent=indent) for one in texts]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sources, "_BLOCK", block)
        log.write_text(f"[{', '.join(rows)}]")
        everything = [[("user", one)] for one in texts]
        assert [said(read) for read in read_all(log, format="json")] == everything
        place %= len(rows[1])
        rows[1] = rows[1][:place] + rows[1][place + 1 :]
        log.write_text(f"[{', '.join(rows)}]")
        found = [said(read) for read in read_all(log, format="json") if read.entry]
        assert found[0] == everything[0]
        assert found[2 - len(texts) :] == everything[2:]
        assert len(found) in (len(texts), len(texts) - 1)


@given(texts=st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1))
def test_whatever_is_written_is_read_back(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As JSON lines, as one array over many lines, as CSV: the same texts in the same order."""
    folder = tmp_path_factory.mktemp("logs")
    logs = {
        "a.jsonl": "".join(json.dumps({"text": one}) + "\n" for one in texts),
        "a.json": json.dumps([{"text": one, "more": [{"x": ["}"]}]} for one in texts], indent=2),
    }
    written = io.StringIO(newline="")
    table = csv.writer(written)
    table.writerows([["text", "n"], *([one, "7"] for one in texts)])
    logs["a.csv"] = written.getvalue()
    for name, content in logs.items():
        (folder / name).write_bytes(content.encode())
        reads = read_all(folder / name)
        assert [said(read) for read in reads] == [[("user", one)] for one in texts]
        assert reads[-1].after.offset == len(content.encode()) - (2 if name == "a.json" else 0)


@given(content=st.binary(max_size=300), form=st.sampled_from(FORMATS))
def test_no_file_at_all_makes_it_raise(
    content: bytes, form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Places only move forward, and the last one is not beyond the end."""
    log = tmp_path_factory.mktemp("logs") / "log"
    log.write_bytes(b"text\n" + content if form == "csv" else content)
    reads = read_all(log, format=form)
    offsets = [read.after.offset for read in reads]
    assert offsets == sorted(offsets)


def test_a_log_that_is_not_there_or_a_folder_is_named(tmp_path: Path) -> None:
    """Nothing is guessed."""
    with pytest.raises(ConfigurationError, match="there is no file"):
        read_all(tmp_path / "nowhere.jsonl")
    with pytest.raises(ConfigurationError, match="is a folder"):
        read_all(tmp_path)


def test_a_first_line_that_is_broken_does_not_swallow_the_log(tmp_path: Path) -> None:
    """The form is told by most of the lines, not by the first."""
    log = tmp_path / "requests.log"
    log.write_text('{"text": "cut o\n' + f"{json.dumps({'text': PLAIN})}\n" * 3, encoding="utf-8")
    assert [read.problem for read in read_all(log)] == ["no valid JSON", "", "", ""]


@pytest.mark.parametrize("when", ["9" * 400, "1" + "0" * 4000, "-" + "9" * 400])
def test_a_number_larger_than_any_date_is_no_date(when: str, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(f'{{"text": "{PLAIN}", "created": {when}}}\n', encoding="utf-8")
    (read,) = read_all(log)
    assert isinstance(read.entry, Entry)
    assert read.entry.at is None


@pytest.mark.parametrize("factor", [1, 10**3, 10**6, 10**9])
def test_parts_of_a_second_are_known(factor: int, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    record = {"text": PLAIN, "timestamp": 1_700_000_000 * factor}
    log.write_text(json.dumps(record) + "\n", encoding="utf-8")
    (read,) = read_all(log)
    assert isinstance(read.entry, Entry)
    assert read.entry.at == pytest.approx(1_700_000_000)


def test_requests_inside_requests_are_never_fatal(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    deep = ('{"request":' * n + f'"{PLAIN}"' + "}" * n for n in range(700, 1100, 20))
    log.write_text("\n".join([*deep, json.dumps({"text": PLAIN})]) + "\n", encoding="utf-8")
    assert read_all(log)[-1].problem == ""


@pytest.mark.parametrize(
    ("name", "content", "said_so"),
    [
        ("log.jsonl", json.dumps({"text": PLAIN}).encode("utf-16"), "UTF-16"),
        ("log.csv", b"text,b\rHi there,1\r", "line feed"),
    ],
)
def test_a_log_that_cannot_be_read_at_all_says_what_to_do(
    name: str, content: bytes, said_so: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigurationError, match=said_so):
        read_all(tmp_path / name)


def test_an_empty_table_is_an_empty_log(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(b"")
    assert read_all(tmp_path / "log.csv") == []
