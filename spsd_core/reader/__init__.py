"""The Reader: one small encoder that says what each word of a text does, and what it is about."""

from __future__ import annotations

from spsd_core.reader.encoder import Encoder, shared_encoder
from spsd_core.reader.types import Certainty, Role, RoleReading, WordRole

__all__ = ["Certainty", "Encoder", "Role", "RoleReading", "WordRole", "shared_encoder"]
