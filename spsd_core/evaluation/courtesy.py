"""Courtesy around a task that has none: what people write before and after what they want.

Benchmarks with checkable answers are terse. To see whether distilling a courteous prompt harms the
answer, courtesy is spliced around them: by a seed, the same for the same prompt in every run, and
never into the task itself. The phrases were written for this purpose, not taken from any
list of the engines.
"""

from __future__ import annotations

import random

__all__ = ["with_courtesy"]

_GREETINGS = (
    "Hi there!",
    "Hello, hope your week is treating you kindly.",
    "Good evening, and sorry for turning up so late with this.",
    "Hey, it's me again, I promise it's the last one today.",
    "Dear assistant, I hope I'm not interrupting anything.",
    "Morning! Coffee in hand, brain not quite on yet.",
    "Greetings, and thanks for having the patience of a saint.",
)
_LEAD_INS = (
    "I've been staring at this for a while and would be so glad of a hand.",
    "My nephew asked me about this, and I didn't want to look a fool in front of him.",
    "I know you must get this sort of thing all day long, so bear with me.",
    "I'd be ever so grateful if you could have a look at the following.",
    "This may well be a silly one, apologies if it is.",
    "If you've got a moment, could you work this out for me, please?",
    "A friend said you were brilliant at these, no pressure!",
)
_CLOSINGS = (
    "Thank you so much, you've no idea how much this helps.",
    "No rush at all, and thanks a bunch whatever you come up with.",
    "I really do appreciate you taking the time.",
    "Sorry again for the bother, and have a lovely rest of your day!",
    "Many thanks in advance, you're a star.",
    "That's all from me. Cheers!",
    "With warm thanks and best wishes.",
)


def with_courtesy(task: str, key: str, seed: int) -> str:
    """The task, untouched, between courtesy before and after it.

    Args:
        task: what is wanted.
        key: id of the prompt; another one gets other phrases.
        seed: of the whole run.

    >>> text = with_courtesy("What is 6 times 7?", "q1", 1)
    >>> "What is 6 times 7?" in text, text == with_courtesy("What is 6 times 7?", "q1", 1)
    (True, True)
    """
    chosen = random.Random(f"{seed}:{key}")  # noqa: S311 - a choice of phrases is no secret
    before = f"{chosen.choice(_GREETINGS)} {chosen.choice(_LEAD_INS)}"
    return f"{before}\n\n{task}\n\n{chosen.choice(_CLOSINGS)}"
