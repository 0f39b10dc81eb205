"""Shared by all tests: the small real model, and a network that ends at this machine."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("spsd", deadline=None)  # the first example loads rules and tokenizers
settings.load_profile("spsd")


def _stays_here(family: int, address: Any) -> bool:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = str(address[0])
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    """No test reaches beyond this machine; the one download there is runs pip, a process apart."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> None:
        if not _stays_here(self.family, address):
            raise PermissionError(f"a test tried to reach {address!r}")
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        if not _stays_here(self.family, address):
            raise PermissionError(f"a test tried to reach {address!r}")
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket.socket, "connect_ex", guarded_ex)
        yield


@pytest.fixture(scope="session")
def smollm2_gguf() -> Path:
    """A real instruction-tuned model of 98 MB, fetched once into the ordinary model folder."""
    from spsd_core.models import pull

    return pull("smollm2-135m", lock_wait_s=600)
