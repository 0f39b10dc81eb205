"""Task sets with checkable answers, in the file formats they are published in.

None of their data is part of this project: name the file you have. Each reader gives `Item`s whose
answer can be checked without a judge. Where a seed is given, courtesy is spliced around the task.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from spsd_core.evaluation.corpora import (
    Corpus,
    Item,
    Row,
    allow_long_cells,
    corpus_of_rows,
    read_text,
    rows_of,
)
from spsd_core.evaluation.courtesy import with_courtesy
from spsd_core.exceptions import ConfigurationError

__all__ = ["TASK_FORMATS", "read_tasks"]

_NUMBER_ASK = "End with a line that says `Answer:` and the number alone."
_CHOICE_ASK = "End with a line that says `Answer:` and the letter alone."
_SHORT_ASK = "Answer from the passages in as few words as possible, with no explanation."
_LETTERS = "ABCDEFGHIJ"

_FINAL_RE = re.compile(r"####\s*(?P<number>\S.*)")


def read_tasks(
    form: str, path: str | Path, *, courtesy_seed: int | None = None, limit: int | None = None
) -> Corpus:
    """Read a task set.

    Args:
        form: one of `TASK_FORMATS`.
        path: the published file.
        courtesy_seed: splice courtesy around each task, chosen by this seed; None: leave it as is.
        limit: read so many tasks at most.

    Raises:
        ConfigurationError: the format is unknown, or the file cannot be read or holds no task.
    """
    if form not in TASK_FORMATS:
        raise ConfigurationError(
            f"there is no task format {form!r}; there are {', '.join(TASK_FORMATS)}"
        )
    rows, to_item = TASK_FORMATS[form]
    path = Path(path)
    corpus = corpus_of_rows(f"{form}:{path.name}", rows(path), to_item, limit)
    if not corpus.items:
        raise ConfigurationError(f"{path} holds no task in the format {form}")
    items = tuple(replace(item, group=form) for item in corpus.items)
    if courtesy_seed is not None:
        items = tuple(
            replace(item, text=with_courtesy(item.text, item.id, courtesy_seed)) for item in items
        )
    return replace(corpus, items=items)


# -- one reader a format -----------------------------------------------------------------------


def _gsm8k(row: Row, name: str) -> Item | None:
    """`question`, and `answer` that ends in `#### NUMBER`."""
    match = _FINAL_RE.search(row["answer"])
    if match is None:
        return None
    expected = match["number"].strip()
    return Item(
        id=name, text=row["question"], check="number", expected=(expected,), ask=_NUMBER_ASK
    )


def _mmlu(row: Row, name: str) -> Item | None:
    """`question`, `choices`, and `answer` as a place or a letter."""
    choices, answer = row["choices"], row["answer"]
    letter = _LETTERS[answer] if isinstance(answer, int) else str(answer).strip().upper()
    if letter not in _LETTERS[: len(choices)]:
        return None
    lines = [f"{mark}. {choice}" for mark, choice in zip(_LETTERS, choices)]
    text = "\n".join([str(row["question"]), *lines])
    return Item(id=name, text=text, check="choice", expected=(letter,), ask=_CHOICE_ASK)


def _ifeval(row: Row, name: str) -> Item | None:
    """`prompt`, `instruction_id_list`, `kwargs` (one object an instruction)."""
    pairs = zip(row["instruction_id_list"], row["kwargs"])
    given = tuple(
        (str(kind), {key: value for key, value in arguments.items() if value is not None})
        for kind, arguments in pairs
    )
    key = str(row.get("key", name))
    return Item(id=key, text=row["prompt"], check="instructions", instructions=given)


def _hotpotqa(row: Row, name: str) -> Item | None:
    """`question`, `answer`, `context` as [title, sentences] pairs or as two lists."""
    context = row["context"]
    pairs = zip(context["title"], context["sentences"]) if isinstance(context, dict) else context
    return Item(
        id=str(row.get("_id") or row.get("id") or name),
        text=row["question"],
        passages=tuple(f"{title}\n{''.join(sentences).strip()}" for title, sentences in pairs),
        check="answer",
        expected=(str(row["answer"]),),
        ask=_SHORT_ASK,
    )


def _squad(row: Row, name: str) -> Item | None:
    """A question with the paragraph it was asked of; those without an answer are left out."""
    answers = tuple(dict.fromkeys(answer["text"] for answer in row["answers"]))
    if not answers:
        return None
    return Item(
        id=str(row.get("id", name)),
        text=row["question"],
        passages=(row["context"],),
        check="answer",
        expected=answers,
        ask=_SHORT_ASK,
    )


# -- rows of files that are no JSON lines ------------------------------------------------------

Rows = Iterator[tuple[str, Row | None]]


def _mmlu_rows(path: Path) -> Rows:
    """JSON lines, or the original table: question, four choices, letter; no header."""
    if path.suffix.lower() != ".csv":
        yield from rows_of(path)
        return
    allow_long_cells()
    for number, cells in enumerate(csv.reader(io.StringIO(read_text(path))), start=1):
        question, *choices = cells or [""]
        place = f"{path.name}:{number}"
        if len(choices) < 3:
            yield place, None
        else:
            yield place, {"question": question, "choices": choices[:-1], "answer": choices[-1]}


def _list_rows(path: Path) -> Rows:
    """One JSON list of objects, or JSON lines."""
    if not read_text(path).lstrip().startswith("["):
        yield from rows_of(path)
        return
    for number, row in enumerate(_json(path), start=1):
        yield f"{path.name}:{number}", row if isinstance(row, dict) else None


def _squad_rows(path: Path) -> Rows:
    """The questions of a SQuAD file, each with its paragraph."""
    try:
        articles = _json(path)["data"]
        paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
        questions = [
            (paragraph["context"], qa) for paragraph in paragraphs for qa in paragraph["qas"]
        ]
    except (KeyError, TypeError) as error:
        raise ConfigurationError(f"{path} is no SQuAD file: it has no {error}") from error
    for number, (context, question) in enumerate(questions, start=1):
        yield f"{path.name}:{number}", {**question, "context": context}


def _json(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} is no JSON: {error}") from error


TASK_FORMATS: dict[str, tuple[Callable[[Path], Rows], Callable[[Row, str], Item | None]]] = {
    "gsm8k": (rows_of, _gsm8k),
    "mmlu": (_mmlu_rows, _mmlu),
    "ifeval": (rows_of, _ifeval),
    "hotpotqa": (_list_rows, _hotpotqa),
    "squad": (_squad_rows, _squad),
}
"""How a file's rows are had, and what is made of one."""
