"""Model files: which there are, where they lie, whether they are whole.

>>> from spsd_core.models import CATALOGUE, check_name
>>> next(iter(CATALOGUE))
'gemma-2-2b-it'
>>> check_name("smollm2-135m")
"""

from spsd_core.models.catalogue import CATALOGUE, HubFile, Licence, ModelEntry, WheelFile
from spsd_core.models.download import pull
from spsd_core.models.gguf_header import GgufHeader, read_gguf_header
from spsd_core.models.progress import PullProgress
from spsd_core.models.store import (
    FileState,
    ModelStatus,
    Verification,
    check_name,
    locate,
    models_folder,
    other_files,
    resolve,
    status,
    verify,
)

__all__ = [
    "CATALOGUE",
    "FileState",
    "GgufHeader",
    "HubFile",
    "Licence",
    "ModelEntry",
    "ModelStatus",
    "PullProgress",
    "Verification",
    "WheelFile",
    "check_name",
    "locate",
    "models_folder",
    "other_files",
    "pull",
    "read_gguf_header",
    "resolve",
    "status",
    "verify",
]
