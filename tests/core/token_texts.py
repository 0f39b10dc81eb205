"""Texts the token tests share, and the counter they ask for; every text was written for them."""

from __future__ import annotations

from spsd_core.settings import TargetSettings
from spsd_core.tokens import RequestCounter, build_request_counter

LETTER = (
    "Hi there! I hope you're having a lovely week. I'm sorry to bother you, but could you please "
    "tell me why my invoice #20431 from March shows €1,250.00 twice? Our accountant (Ms. Okafor) "
    "needs an answer by 14:30 tomorrow.\n\nI've already tried:\n  - logging out and in again\n"
    "  - `reload_invoices(force=True)`\n\nThanks a million, you're a star! 🙏"
)
TEXTS = [
    "",
    " ",
    "a",
    "Could you please sort these numbers for me? 3, 14, 159, 26535",
    LETTER,
    "don't WON'T it's we'll I'D they've",
    "def f(x_1: int) -> str:\n\treturn f'{x_1:>08.3f}'  # padded\n\n\n",
    "trailing blanks   \n \t \r\n  and  double  spaces",
    "Grüße aus Köln, señor. Ça va? Привет, как дела? 你好，世界。 مرحبا نمस्ते สวัสดี 안녕",
    "👩‍👩‍👧‍👦 🇩🇪 ❤️ ½ ² ٣٤ \u200b\ufeff\u00a0\u2028\x1c\x85",
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>[INST] <|im_start|>",
    "--------\n========\n| a | b |\n|---|---|\n",
    "nul \x00 in the middle",
]


def counter(tokenizer: str, template: str = "llama3") -> RequestCounter:
    return build_request_counter(
        TargetSettings.model_validate({"tokenizer": tokenizer, "template": template})
    )
