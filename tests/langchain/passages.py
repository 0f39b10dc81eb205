"""A long text about one thing after another, and questions that one sentence of it answers."""

from __future__ import annotations

__all__ = ["ANSWER", "PAGE", "PARAGRAPHS", "QUESTION", "sentences"]

PARAGRAPHS = (
    "The Alster Bridge was opened in the spring of 1931 after four years of work. Its deck is made "
    "of riveted steel and rests on six granite piers. Engineers chose granite because the river "
    "carries ice in winter. A toll was collected from drivers during the first decade. Pedestrians "
    "have always crossed without paying. The railings were repainted in dark green by volunteers.",
    "The botanical garden lies to the north of the old town. It was founded by a pharmacist who "
    "wanted to grow his own herbs. Visitors can walk through nine glass houses in an afternoon. "
    "The palm house is heated with water from a nearby spring. Orchids bloom even in January. "
    "A small café sells soup, bread and lemonade at the gate.",
    "The town library owns about ninety thousand volumes. Its reading room has tall windows that "
    "face the harbour. Schoolchildren come every Thursday to hear stories. A collection of sea "
    "charts is kept in the basement behind a steel door. The librarian Maren Holt catalogued every "
    "one of the charts by hand. Copies can be ordered for the price of the paper.",
    "The football club plays its home matches on a pitch beside the canal. Its supporters wear "
    "yellow scarves and sing through the whole second half. The club won the regional cup twice in "
    "a row. A new stand with room for two thousand people is planned. The old wooden stand will be "
    "given to a village team. Training takes place on Monday and Wednesday evenings.",
    "The lighthouse on the western cliff sends two flashes every nine seconds. It was automated "
    "when the last keeper retired. Its lamp once burned whale oil and later gas. Sailors still use "
    "it to find the narrow entrance of the bay. The tower is forty metres tall and painted in red "
    "and white bands. On clear nights the beam can be seen from the islands.",
)
PAGE = "\n\n".join((*PARAGRAPHS, *(text.replace("The ", "Another ") for text in PARAGRAPHS[:2])))
"""Some six hundred tokens."""
QUESTION = (
    "Hello! Could you please tell me who catalogued the sea charts in the library? Thank you!"
)
ANSWER = "The librarian Maren Holt catalogued every one of the charts by hand."


def sentences(text: str) -> list[str]:
    """The sentences of these paragraphs: none of them has a full stop inside."""
    return [part.strip() + "." for part in text.replace("\n", " ").split(".") if part.strip()]
