"""One distiller for equal settings in a process.

LangChain builds a runnable anew for every call that overrides a field, and copies runnables
freely. A distiller holds models and a memory of what it did; both must outlive that.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from spsd_core.distiller import Distiller
from spsd_core.settings import Settings

__all__ = ["MAX_DISTILLERS", "shared_distiller"]

MAX_DISTILLERS = 64
"""Distillers kept; beyond, the one unused for longest is let go (and freed with its last call)."""

_lock = threading.Lock()
_distillers: OrderedDict[Settings, Distiller] = OrderedDict()


def shared_distiller(settings: Settings) -> Distiller:
    """The process's distiller for these settings; built, not loaded, on the first call.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    with _lock:
        distiller = _distillers.get(settings)
        if distiller is None:
            distiller = _distillers[settings] = Distiller(settings)
            if len(_distillers) > MAX_DISTILLERS:
                _distillers.popitem(last=False)
        else:
            _distillers.move_to_end(settings)
        return distiller
