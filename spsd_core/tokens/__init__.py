"""Counting tokens the way the target model does, chat template included."""

from spsd_core.tokens.protocol import TokenCounter
from spsd_core.tokens.request import RequestCounter, build_request_counter

__all__ = ["RequestCounter", "TokenCounter", "build_request_counter"]
