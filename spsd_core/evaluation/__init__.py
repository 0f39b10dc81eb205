"""The evaluation: does distilling harm the answers, and what does it save?

    corpora -> arms -> answering -> judging, checks -> scoring -> comparing -> report

`run_study` goes that way; `report_of` adds up what it brought back.
"""

from __future__ import annotations

from spsd_core.evaluation.answering import Answer, Model, ServerUnreachable
from spsd_core.evaluation.arms import ARMS, Arm, Prepared, build_arms
from spsd_core.evaluation.bootstrap import Plan
from spsd_core.evaluation.cache import Cache
from spsd_core.evaluation.comparing import Quality, Rules, quality_of
from spsd_core.evaluation.corpora import Corpus, Item, builtin_corpus, read_corpus
from spsd_core.evaluation.markdown import markdown_of
from spsd_core.evaluation.page import page_of
from spsd_core.evaluation.records import Record, read_records, write_records
from spsd_core.evaluation.report import Report, report_of
from spsd_core.evaluation.statistics import Comparison, Pair, compare, compare_groups
from spsd_core.evaluation.study import Study, StudySetup, run_study
from spsd_core.evaluation.tasks import TASK_FORMATS, read_tasks

__all__ = [
    "ARMS",
    "TASK_FORMATS",
    "Answer",
    "Arm",
    "Cache",
    "Comparison",
    "Corpus",
    "Item",
    "Model",
    "Pair",
    "Plan",
    "Prepared",
    "Quality",
    "Record",
    "Report",
    "Rules",
    "ServerUnreachable",
    "Study",
    "StudySetup",
    "build_arms",
    "builtin_corpus",
    "compare",
    "compare_groups",
    "markdown_of",
    "page_of",
    "quality_of",
    "read_corpus",
    "read_records",
    "read_tasks",
    "report_of",
    "run_study",
    "write_records",
]
