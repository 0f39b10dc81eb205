"""The report as tables of words: what the terminal and the page show alike."""

from __future__ import annotations

from typing import Any, NamedTuple

from spsd_core.audit.findings import Cut
from spsd_core.audit.report import AuditReport

__all__ = ["Section", "caption", "sections"]

_UNITS = {"tokens_saved": "tokens saved", "money_saved": "saved", "energy_net_wh": "net Wh"}


class Section(NamedTuple):
    """A table with a title."""

    title: str
    columns: tuple[str, ...]
    """Empty: it needs no head."""
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def sections(report: AuditReport) -> list[Section]:
    """Every table of the report but the cuts themselves."""
    found = report.figures
    tables = [_shares(found), _reasons(found)]
    if found["prompts"]:
        tables += [_tokens(found), _savings(found), _prices(found), _trials(found)]
    tables += [_recommended(found), _broken(found)]
    return [table for table in tables if table.rows]


def caption(cut: Cut) -> str:
    """One line about a cut."""
    words = [f"line {cut.line}", f"{cut.before} -> {cut.after} tokens"]
    if cut.doubt is not None:
        words.append(f"doubt {cut.doubt:.2f}")
    if cut.gate is not None:
        words.append(f"gate {cut.gate:.2f}")
    if cut.beside:
        words.append(f"beside {', '.join(cut.beside)}")
    return ", ".join(words)


def _shares(found: dict[str, Any]) -> Section:
    prompts = found["prompts"]
    rows = [("prompts", f"{prompts:,}", "")]
    rows += [
        (name, f"{found[name]:,}", f"{found[name] / prompts:.1%}" if prompts else "")
        for name in ("distilled", "gated", "skipped")
    ]
    rows.append(("calls", f"{found['calls']:,}", ""))
    rows.append(("conversations", f"{found['conversations']:,}", ""))
    note = "Gated: the safety gate passes them through as written. Skipped: any other reason."
    return Section("Prompts", (), tuple(rows), note)


def _reasons(found: dict[str, Any]) -> Section:
    rows = [
        (reason, f"{count:,}", f"{count / found['prompts']:.1%}")
        for reason, count in found["by_reason"].items()
    ]
    return Section("By reason", (), tuple(rows))


def _tokens(found: dict[str, Any]) -> Section:
    share = found["saved_share"]
    rows = [
        ("input tokens as sent", f"{found['tokens_before']:,}"),
        ("distilled", f"{found['tokens_after']:,}"),
        ("saved", f"{found['tokens_saved']:,} ({_interval(share, '{:.2%}')})"),
        ("of these, sent before in the conversation", f"{found['tokens_saved_again']:,}"),
    ]
    usage = found["provider_usage"]
    if usage:
        rows.append(
            (
                f"the provider counted, in {usage['calls']:,} calls",
                f"{usage['input_tokens']:,} (here: {usage['our_input_tokens']:,})",
            )
        )
        if usage["cached_share"] is not None:
            rows.append(("of these, read from its prompt cache", f"{usage['cached_share']:.1%}"))
    return Section("Tokens", (), tuple(rows), f"Counted by {found['tokenizer']}.")


def _savings(found: dict[str, Any]) -> Section:
    currency = found["money"]["currency"]
    month = found["per_month"]
    rows = []
    for name, unit in _UNITS.items():
        label = f"{currency} {unit}" if name == "money_saved" else unit
        cells = [found["per_call"][name], found["per_conversation"][name], month.get(name)]
        rows.append((label, *(_interval(cell, "{:,.4g}") if cell else "-" for cell in cells)))
    calls = f"{month['calls']:,.0f} calls a month: " if month["calls"] else "By month: "
    note = f"In brackets the 95 % interval. {calls}{month['calls_from']}."
    columns = ("", "a call", "a conversation", "a month")
    return Section("Saved on average", columns, tuple(rows), note)


def _prices(found: dict[str, Any]) -> Section:
    money, energy = found["money"], found["energy"]
    price = money["price"]
    cached = price["cached_input_per_million"]
    what = f"{money['model']}, {price['input_per_million']} a million input tokens"
    what += f", {cached} cached" if cached is not None else ""
    marked = "EXAMPLE PRICE, no provider's; give yours with --prices and --model. "
    rows = [
        (f"saved in this log ({what})", f"{money['currency']} {float(money['saved']):,.6f}"),
        ("the cloud does not spend", f"{energy['cloud_saved_wh']:,.4f} Wh"),
        ("this machine spends", f"{energy['edge_spent_wh']:,.4f} Wh"),
        ("net", f"{energy['net_wh']:+,.4f} Wh"),
    ]
    cache = (
        "What a conversation sends again is priced as cached, and counts for no energy."
        if money["assume_prompt_cache"]
        else "What a conversation sends again is priced, and counted, like new."
    )
    note = (marked if money["example_price"] else "") + cache
    return Section("Money and energy", (), tuple(rows), note)


def _trials(found: dict[str, Any]) -> Section:
    rows = [
        (
            f"{'+'.join(trial['engines'])}, {trial['level']}",
            f"{trial['distilled']} of {trial['prompts']}",
            f"{trial['saved_share']:.2%}",
            f"{trial['ms']:.1f}",
        )
        for trial in found["trials"]
    ]
    columns = ("settings", "distilled", "of the prompts' tokens saved", "median ms")
    note = "Each distinct prompt had the same chance to be in the sample. No system prompt counts."
    return Section("Other settings, on a sample", columns, tuple(rows), note)


def _recommended(found: dict[str, Any]) -> Section:
    advice = found["recommended"]
    if advice is None:
        return Section("Recommended settings", (), ())
    rows = (
        ("engines", ", ".join(advice["engines"])),
        ("level", advice["level"]),
        ("admission.min_words", str(advice["admission"]["min_words"])),
    )
    return Section("Recommended settings", (), rows, " ".join(_sentence(w) for w in advice["why"]))


def _broken(found: dict[str, Any]) -> Section:
    broken = found["broken_lines"]
    rows = [(f"line {row['line']}", row["problem"]) for row in broken["first"]]
    more = broken["count"] - len(rows)
    note = f"And {more:,} more." if more else ""
    return Section(f"Broken lines: {broken['count']:,}", (), tuple(rows), note)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _interval(figure: dict[str, float | None], form: str) -> str:
    value, low, high = figure["value"], figure["low"], figure["high"]
    if value is None:
        return "-"
    if low is None or high is None:
        return form.format(value)
    return f"{form.format(value)} [{form.format(low)} to {form.format(high)}]"
