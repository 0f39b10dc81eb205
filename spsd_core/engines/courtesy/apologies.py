"""Apologies for writing at all: for the bother, the length, the question, the English.

An apology for something that happened ("sorry I yelled", "I'm so sorry.") is a feeling and stays;
so does a bare "sorry" right before a clause, which may be ironic.
"""

from __future__ import annotations

from spsd_core.engines.courtesy.vocabulary import INTENSE, MESSAGE, PLEASE

__all__ = ["APOLOGY", "BARE_APOLOGY", "KNOW_BUSY", "MODEST_QUESTION"]

_BOTHER = r"(?:bother(?:ing)?|disturb(?:ing)?|trouble|troubling|bug(?:ging)?|interrupt(?:ing)?|pester(?:ing)?|annoy(?:ing)?|spam(?:ming)?)"
_SILLY = r"(?:dumb|stupid|silly|basic|simple|obvious|newbie|noob|newb|trivial|small|little|naive|random|easy|quick)"
_MESSY = r"(?:long|lengthy|rambling|wordy|messy|confusing|unclear|many|all|repeated|endless|bad|poor|broken|terrible|horrible|weak|crappy|inconvenience|late|delayed|slow|double|duplicate|another|further|same|possible|any|of)"
_LANGUAGE = r"(?:english|grammar|spelling|typing|formatting|handwriting|language|typos?|spelling mistakes|mistakes|errors|french)"
_NUISANCE = (
    rf"(?:{MESSAGE}s?|questions?|wall of text|rambling|rant|trouble|inconveniences?|bother|intrusion|interruption|disturbance|spam|delay|wait"
    rf"|(?:late|slow|delayed) (?:reply|response|answer)|reply|response|confusion|misunderstanding|repost|cross ?post|{_LANGUAGE}|mess|length)"
)
_SORRY = r"(?:sorry|sory|srry|sry|soz|sorrry)"

_CAUSE = (
    rf"(?:to (?:have to )?(?:{_BOTHER} (?:you|u|ya|y'?all)?(?: guys| all)?|be (?:such )?a (?:pain|bother|nuisance|pest)|ask(?: again| this| (?:such )?an? (?:{INTENSE} )?{_SILLY} question)?"
    rf"|(?:message|write|e-?mail|text|contact|ping) (?:you )?(?:again|so late|so early|this late))"
    rf"|for {_BOTHER}(?: (?:you|u|ya|y'?all))?(?: guys| all)?"
    r"|for (?:taking|wasting)(?: up)? (?:so much of )?(?:your|ur) (?:valuable |precious )?time"
    r"|for (?:being|asking|rambling|writing|posting|going on)(?: (?:such )?a (?:pain|bother|nuisance|pest|noob)| so much| so many questions| again| here| on| so long| so late| this)?"
    rf"|(?:for|about) (?:(?:the|my|this|these|that|such an?|all|any|so|yet|a|an|another) ){{0,2}}(?:{INTENSE} )?(?:(?:{_MESSY}|{_SILLY}) ){{0,3}}(?:the |my |these )?{_NUISANCE}(?: caused)?"
    r"|about (?:that|this|it)"
    rf"|if (?:this|it|that|my {MESSAGE}|i)(?:'s|'m| is| was| am| sounds| seems| comes across)?(?: like| as)?(?: an?| being a?)?\s?(?:{INTENSE} |bit |a bit ){{0,2}}(?:{_SILLY}|{_MESSY}|weird|off[\s-]topic|dense|slow)(?: {MESSAGE}| one)?(?: to ask)?"
    r"|if (?:this|it) (?:has|was|have) (?:already )?(?:been )?(?:asked|answered|posted|discussed)(?: already)?(?: before)?(?: here| elsewhere)?"
    r"|if (?:this|it) is(?: in)? the wrong (?:place|forum|sub|section|channel|category|department)(?: to ask(?: this)?| for this)?"
    r"|in advance)"
)
_WITH = (
    rf"(?: (?:again|once again|with (?:this|that|it|such an? (?:{INTENSE} )?{_SILLY} (?:thing|question|matter|issue|request)|my (?:{_SILLY} )?(?:questions?|problems?|request)|another question|more questions)|on (?:a|the|your) (?:weekend|day off|holiday)|so late|so early|like this|here|everyone|everybody|guys|all|but))"
).replace("|but", "")

APOLOGY = (
    rf"(?:(?:(?:(?:i'?m|i am|we'?re|we are|am) )?(?:{INTENSE} ){{0,3}}{_SORRY}|(?:(?:my|our|many) )?(?:{INTENSE} |sincere |deepest |humble )?(?:apologies|appologies|apologys|apology)"
    rf"|(?:i |we )?(?:do |must |want to |wanted to |would like to |'d like to )?(?:{INTENSE} )?ap{{1,2}}ologi[sz]e)(?: again)?(?: (?:and |or )?{_CAUSE}){{1,2}}{_WITH}{{0,2}}"
    rf"|(?:{PLEASE} )?(?:excuse|pardon|forgive) (?:me if (?:this|it|i)(?: is|'s|'m| am) an? {_SILLY} (?:{MESSAGE}|one)|me for {_BOTHER}(?: (?:you|u))?"
    rf"|(?:(?:my|the|any) )(?:{_MESSY} ){{0,2}}(?:{_NUISANCE}|{_LANGUAGE})))"
)

BARE_APOLOGY = rf"(?:(?:oh )?{_SORRY}(?: again| all| guys| everyone)?|(?:my )?apologies(?: again)?|excuse me|pardon me|(?:i'?m|i am|we'?re|we are) (?:{INTENSE} ){{0,2}}{_SORRY}(?=,? but\b))"

KNOW_BUSY = (
    r"(?:i (?:know|understand|realise|realize|'m sure|am sure|bet|can imagine) (?:that )?(?:you(?:'re|re| are)|ur|u r|u are|you must be|you guys are) (?:all )?"
    rf"(?:probably |surely )?(?:{INTENSE} ){{0,2}}(?:busy|swamped)(?: (?:people|person))?(?: (?:right now|today|these days|at the moment|this week))?)"
)

MODEST_QUESTION = (
    rf"(?:(?:(?:i know )?(?:this|it|that)(?:'s|s| is| may be| might be| could be| will be| may sound| might sound| may seem| might seem| probably is| is probably)(?: like)?|maybe|perhaps|probably)"
    rf"(?: probably| maybe| perhaps)?(?: kind of| kinda)? (?:an? )?(?:{INTENSE} |bit |a bit )?(?:dumb|stupid|silly|basic|simple|newbie|noob|trivial|naive)(?: {MESSAGE}| one)?"
    rf"|(?:an? )?(?:{INTENSE} )?(?:dumb|stupid|silly|newbie|noob) question(?: here| alert)?)"
)
"""Modesty about the question itself; what is asked stays."""
