"""The built-in prompts, files of prompts, and task sets in their published formats."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsd_core.evaluation.corpora import Corpus, builtin_corpus, read_corpus
from spsd_core.evaluation.courtesy import with_courtesy
from spsd_core.evaluation.tasks import read_tasks
from spsd_core.exceptions import ConfigurationError


class TestBuiltIn:
    def test_it_is_composed_as_the_papers_corpus_is(self) -> None:
        found = Counter(item.group for item in builtin_corpus().items)
        assert found == {
            "complaint": 120,
            "multi_intent": 21,
            "general": 42,
            "medical": 25,
            "code": 25,
            "short": 15,
        }

    def test_some_of_the_prompts_with_several_intents_are_spanish_or_portuguese(self) -> None:
        foreign = [item for item in builtin_corpus().items if item.language != "en"]
        assert {item.group for item in foreign} == {"multi_intent"}
        assert Counter(item.language for item in foreign) == {"es": 3, "pt": 2}

    def test_complaints_are_long(self) -> None:
        lengths = [len(i.text.split()) for i in builtin_corpus().items if i.group == "complaint"]
        assert min(lengths) >= 60
        assert max(lengths) <= 250
        assert max(lengths) > 2 * min(lengths)

    def test_no_two_prompts_are_cut_from_one_cloth(self) -> None:
        """No run of eight words stands in two of them: they were written, not filled in."""
        seen: dict[tuple[str, ...], str] = {}
        for item in builtin_corpus().items:
            words = re.findall(r"[^\W_]+", item.text.lower())
            for run in {tuple(words[at : at + 8]) for at in range(len(words) - 7)}:
                assert seen.setdefault(run, item.id) == item.id, " ".join(run)

    def test_ids_are_different(self) -> None:
        items = builtin_corpus().items
        assert len({item.id for item in items}) == len({item.text for item in items}) == 248


class TestFiles:
    def test_json_lines_with_whatever_the_text_is_called(self, tmp_path: Path) -> None:
        path = tmp_path / "log.jsonl"
        path.write_text('{"prompt": "One?", "id": 7, "group": "a"}\n\n{"text": "Two?"}\n')
        one, two = read_corpus(path).items
        assert (one.id, one.text, one.group) == ("7", "One?", "a")
        assert (two.id, two.text) == ("log.jsonl:3", "Two?")

    def test_broken_lines_are_counted_and_named(self, tmp_path: Path) -> None:
        path = tmp_path / "log.jsonl"
        lines = ['{"text": "fine"}', "{no json", "[1]", '{"text": "  "}', '{"other": "x"}']
        path.write_text("\n".join(lines) + '\n{"text": "also fine"}\n\x00\xff\n')
        corpus = read_corpus(path)
        assert [item.text for item in corpus.items] == ["fine", "also fine"]
        assert corpus.broken == 5
        assert corpus.broken_places[0] == "log.jsonl:2"

    def test_a_table_with_line_breaks_in_its_cells(self, tmp_path: Path) -> None:
        path = tmp_path / "log.csv"
        path.write_text('who,body\nann,"Hi,\nhow are ""you""?"\nbob,Fine.\n')
        items = read_corpus(path, column="body").items
        assert [item.text for item in items] == ['Hi,\nhow are "you"?', "Fine."]

    def test_no_more_than_asked_for(self, tmp_path: Path) -> None:
        path = tmp_path / "log.jsonl"
        path.write_text("\n".join(f'{{"text": "{n}"}}' for n in range(9)))
        assert len(read_corpus(path, limit=4).items) == 4

    def test_a_file_without_prompts_says_what_to_do(self, tmp_path: Path) -> None:
        path = tmp_path / "log.jsonl"
        path.write_text('{"body": "Hi"}\n')
        with pytest.raises(ConfigurationError, match="name another field with column"):
            read_corpus(path)
        assert read_corpus(path, column="body").items[0].text == "Hi"

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match=r"cannot read .*nothing\.jsonl: No such file"):
            read_corpus(tmp_path / "nothing.jsonl")


def tasks(form: str, tmp_path: Path, content: str, suffix: str = "jsonl") -> Corpus:
    path = tmp_path / f"tasks.{suffix}"
    path.write_text(content, encoding="utf-8")
    return read_tasks(form, path)


class TestTaskSets:
    """The examples are ours; only their form is that of the published files."""

    def test_gsm8k(self, tmp_path: Path) -> None:
        row = {"question": "Two hens lay 3 eggs each. How many?", "answer": "2*3=6\n#### 1,006"}
        (item,) = tasks("gsm8k", tmp_path, json.dumps(row)).items
        assert (item.check, item.expected, item.group) == ("number", ("1,006",), "gsm8k")
        assert "Answer:" in item.ask

    @pytest.mark.parametrize("answer", [2, "C"])
    def test_mmlu_as_json(self, tmp_path: Path, answer: object) -> None:
        row = {"question": "Which floats?", "choices": ["iron", "lead", "cork"], "answer": answer}
        (item,) = tasks("mmlu", tmp_path, json.dumps(row)).items
        assert item.text == "Which floats?\nA. iron\nB. lead\nC. cork"
        assert item.expected == ("C",)

    def test_mmlu_as_the_original_table(self, tmp_path: Path) -> None:
        content = 'Which floats?,iron,"lead, heavy",cork,gold,C\nbroken,row\n'
        corpus = tasks("mmlu", tmp_path, content, "csv")
        assert corpus.items[0].text.endswith("B. lead, heavy\nC. cork\nD. gold")
        assert corpus.broken == 1

    def test_ifeval_leaves_out_arguments_that_are_null(self, tmp_path: Path) -> None:
        row = {
            "key": 1001,
            "prompt": "Write about tea without commas.",
            "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
            "kwargs": [{}, {"relation": "at least", "num_words": 50, "keyword": None}],
        }
        (item,) = tasks("ifeval", tmp_path, json.dumps(row)).items
        assert item.id == "1001"
        assert item.instructions[1][1] == {"relation": "at least", "num_words": 50}

    def test_hotpotqa_in_both_forms(self, tmp_path: Path) -> None:
        pairs = [["Tea", ["Tea is a drink.", " It is old."]], ["Cup", ["A cup holds it."]]]
        row = {"_id": "x", "question": "What holds tea?", "answer": "a cup", "context": pairs}
        (one,) = tasks("hotpotqa", tmp_path, json.dumps([row]), "json").items
        row["context"] = {"title": ["Tea", "Cup"], "sentences": [pairs[0][1], pairs[1][1]]}
        (other,) = tasks("hotpotqa", tmp_path, json.dumps(row)).items
        assert one == other
        assert one.passages == ("Tea\nTea is a drink. It is old.", "Cup\nA cup holds it.")

    def test_squad_without_questions_that_have_no_answer(self, tmp_path: Path) -> None:
        answers = [{"text": "a cup", "answer_start": 0}, {"text": "a cup", "answer_start": 0}]
        qas = [
            {"id": "1", "question": "What holds tea?", "answers": answers},
            {"id": "2", "question": "Who?", "answers": [], "is_impossible": True},
        ]
        content = {"data": [{"title": "t", "paragraphs": [{"context": "A cup.", "qas": qas}]}]}
        corpus = tasks("squad", tmp_path, json.dumps(content), "json")
        (item,) = corpus.items
        assert (item.passages, item.expected) == (("A cup.",), ("a cup",))
        assert corpus.broken == 1

    @pytest.mark.parametrize(
        ("form", "content", "message"),
        [
            ("squad", "[]", "no SQuAD file"),
            ("squad", "{", "no JSON"),
            ("gsm8k", '{"question": "no answer"}', "holds no task in the format gsm8k"),
            ("chess", "{}", "there is no task format 'chess'"),
        ],
    )
    def test_files_of_another_form(
        self, tmp_path: Path, form: str, content: str, message: str
    ) -> None:
        with pytest.raises(ConfigurationError, match=message):
            tasks(form, tmp_path, content)


class TestCourtesy:
    @given(st.text(), st.text(), st.integers())
    def test_the_task_itself_is_never_touched(self, task: str, key: str, seed: int) -> None:
        text = with_courtesy(task, key, seed)
        assert task in text
        assert text == with_courtesy(task, key, seed)
        assert text.split("\n\n")[0]

    def test_another_seed_gives_other_words(self) -> None:
        assert len({with_courtesy("task", "one", seed) for seed in range(50)}) > 20

    def test_it_is_spliced_in_only_where_asked_for(self, tmp_path: Path) -> None:
        path = tmp_path / "tasks.jsonl"
        path.write_text(json.dumps({"question": "1 + 1?", "answer": "#### 2"}))
        assert read_tasks("gsm8k", path).items[0].text == "1 + 1?"
        courteous = read_tasks("gsm8k", path, courtesy_seed=4).items[0].text
        assert "\n\n1 + 1?\n\n" in courteous


def test_a_cell_as_long_as_a_document_is_read_and_so_is_what_follows(tmp_path: Path) -> None:
    file = tmp_path / "prompts.csv"
    file.write_text(f"text\none\n{'long ' * 40_000}\nthree\n", encoding="utf-8")
    corpus = read_corpus(file)
    assert (len(corpus.items), corpus.broken) == (3, 0)
