"""How far two labellers agree: python -m training.agreement [--real-texts FOLDER].

`corpus/second_labelling.txt` holds messages of the corpus labelled a second time by someone who
saw the guide and the bare texts only. Prints Cohen's kappa by word, for all roles and for the
question that matters most, whether a word may go; and the second labelling scored by the first.
With the folder of the real texts, the same of those in `corpus/real_second.jsonl`.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

from training.markup import Message, parse_file, read_corpus
from training.real_texts import read_real_texts

__all__ = ["kappa", "main", "word_roles"]

_SECOND = Path(__file__).parent / "corpus" / "second_labelling.txt"
_WORD = re.compile(r"\w+")


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float:
    """Cohen's kappa (Cohen 1960): agreement beyond chance; 1 where both always say the same."""
    count = len(pairs)
    observed = sum(first == second for first, second in pairs) / count
    firsts, seconds = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    expected = sum(firsts[label] * seconds[label] for label in firsts) / count**2
    return 1.0 if expected == 1 else (observed - expected) / (1 - expected)


def word_roles(first: Iterable[Message], second: Iterable[Message]) -> list[tuple[str, str]]:
    """The roles that two labellers give each word of the same messages."""
    by_text = {message.text: message for message in first}
    return [
        (by_text[message.text].role_at(word.start()), message.role_at(word.start()))
        for message in second
        if message.text in by_text
        for word in _WORD.finditer(message.text)
    ]


def main() -> None:
    """Print the agreement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--real-texts", type=Path, help="folder of the texts of corpus/real.jsonl")
    folder = parser.parse_args().real_texts
    if folder is None:
        second = list(parse_file(_SECOND))
        corpus = [message for message in read_corpus() if message.has_roles]
    else:
        second = read_real_texts(folder, second=True)
        corpus = read_real_texts(folder)
    pairs = word_roles(corpus, second)
    texts = {message.text for message in corpus}
    shared = [message for message in second if message.text in texts]
    print(f"{len(shared)} messages, {len(pairs)} words")
    print(f"kappa, all roles      {kappa(pairs):.3f}")
    for role in "SRAPC":
        print(f"kappa, {role} or not       {kappa([(a == role, b == role) for a, b in pairs]):.3f}")
    hit = sum(a == b == "S" for a, b in pairs)
    print(f"second against first, scaffold: precision {hit / sum(b == 'S' for _, b in pairs):.3f}")
    print(f"                                recall    {hit / sum(a == 'S' for a, _ in pairs):.3f}")
    labels = {message.text: message for message in corpus}
    for name in ("affect", "domain"):
        found = [(getattr(labels[m.text], name), getattr(m, name)) for m in shared]
        print(f"kappa, {name:8}       {kappa(found):.3f}")


if __name__ == "__main__":
    main()
