"""The `perplexity` engine: LLMLingua's way of shortening passages, over any GGUF model.

Where s(x | y) is the surprise of a token, minus its log-probability after y under a small causal
model, three steps shorten passages d_1 ... d_K against a question q:

1. **Passages** (LongLLMLingua, arXiv 2310.06839, eq. 2). r_k is the mean log-probability of q and
   the sentence "We can get the answer to this question in the given documents." after d_k. Down
   this ranking passages go on until the budget and 100 tokens more are there.
2. **Sentences** (LLMLingua, arXiv 2310.05736, section 4.1). Over all passages the best sentences go
   on until 1.4 times the budget is there: those after which q is most probable, as in the authors'
   code, or without a question those with the highest mean surprise.
3. **Words** (LLMLingua section 4.2, LongLLMLingua eq. 3 and 5). Segments of `segment_tokens` are
   read one after the other, each after what was kept of those before. A token scores
   s(x_i | x_<i) - s(x_i | q, x_<i): the surprise that the question takes away (without a question
   s(x_i | x_<i)). In each segment the best-scored share stays: the budget's share of what step 2
   left, plus 0.3 (1 - 2 I / (K - 1)) for the passage of rank I from 0, held between 0 and 1.

Where this departs from the papers, so that a reader can trust what is left:

- Whole words stay or go, by the mean score of their tokens. The papers drop pieces of words, and
  leave words that nobody wrote.
- What the reading finds (numbers with units, names, quotations, addresses, code, ...) is not parted
  either, and a negation stays with what it negates wherever any other word of its sentence stays,
  as does the mark that ends the sentence. "Sentence" is read for "clause": to be on the safe side.
- The ratios are scaled, and words that passed their threshold by least dropped at the end, so that
  the budget is kept in the target model's tokens; the papers miss it by some percent.
- Passages keep their order; LongLLMLingua may put the best one first. Nothing is recovered in the
  model's answer afterwards: what was sent are the writer's own words.
- Perplexity is read as in the papers' own code: differences of log-probabilities.
"""

from __future__ import annotations

from spsd_core.context.perplexity.pruner import PerplexityPruner, PrunedContext

__all__ = ["PerplexityPruner", "PrunedContext"]
