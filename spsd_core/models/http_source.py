"""Downloads over HTTP that go on where they broke off.

A part of a file is only continued if the server still has the same file (If-Range with its ETag or
date), or if the whole will be held against a known sha256 in the end.
"""

from __future__ import annotations

import re
import shutil
import time
from http.client import HTTPException
from typing import TYPE_CHECKING

from spsd_core.exceptions import ModelFileError
from spsd_core.models.gguf_header import GGUF_MAGIC
from spsd_core.models.partial import Origin, PartialFile
from spsd_core.models.progress import PullProgress

if TYPE_CHECKING:
    from email.message import Message
    from http.client import HTTPResponse
    from pathlib import Path
    from urllib.error import HTTPError

__all__ = ["fetch"]

_CHUNK = 1 << 20
_TIMEOUT_S = 60.0
_ATTEMPTS_WITHOUT_PROGRESS = 3
_PAUSE_S = 0.5
_WORTH_ANOTHER_TRY = frozenset({408, 429, 500, 502, 503, 504})
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-\d{1,18}|\*)/(\d{1,18}|\*)")


class _InterruptedDownloadError(Exception):
    """This attempt is over, another one may get further."""


class _PartRefusedError(Exception):
    """The server cannot continue where it was asked to.

    Args:
        whole: bytes of the whole file, where the server says.
    """

    def __init__(self, whole: int | None) -> None:
        super().__init__()
        self.whole = whole


def fetch(
    url: str, part: PartialFile, *, size: int | None, pinned: bool, progress: PullProgress
) -> None:
    """Bring all bytes of `url` into `part`, resuming what it holds already.

    Args:
        url: http or https address.
        part: entered; its bytes stay on disk if this raises.
        size: bytes the file must have, where that is known.
        pinned: whether the caller will check the sha256 of the whole.
        progress: hears of bytes and interruptions.

    Raises:
        ModelFileError: the server refuses, offers another file, or the connection breaks down
            repeatedly without a byte gained.
        OSError: the disk is full or cannot be written.
    """
    failures = 0
    while True:
        before = part.size
        try:
            _attempt(url, part, size=size, pinned=pinned, progress=progress)
        except _InterruptedDownloadError as interruption:
            failures = 0 if part.size > before else failures + 1
            if failures >= _ATTEMPTS_WITHOUT_PROGRESS:
                raise ModelFileError(
                    f"downloading {url} failed: {interruption}. {part.size:,} bytes are kept; "
                    "the same command resumes there"
                ) from interruption
            progress.said(f"{interruption}; trying again at {part.size:,} bytes")
            time.sleep(_PAUSE_S * failures)
        else:
            return


def _attempt(
    url: str, part: PartialFile, *, size: int | None, pinned: bool, progress: PullProgress
) -> None:
    origin = part.origin()
    resumable = origin is not None and origin.url == url and bool(pinned or origin.validator)
    if resumable and size is not None and part.size == size:
        return
    headers = {"User-Agent": "spsd", "Accept-Encoding": "identity"}
    if resumable and part.size and (size is None or part.size < size):
        headers["Range"] = f"bytes={part.size}-"
        if origin and origin.validator:
            headers["If-Range"] = origin.validator
    try:
        response = _open(url, headers)
    except _PartRefusedError as refusal:
        if part.size and refusal.whole == part.size:
            return
        part.begin(Origin(url))
        raise _InterruptedDownloadError("the server has no such part of the file") from refusal
    with response:
        total = _begin(url, response, part, size)
        _copy(response, part, total, progress)


def _open(url: str, headers: dict[str, str]) -> HTTPResponse:
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    try:
        # http and https only: `pull` has looked at the scheme, urllib follows no file: redirect
        response: HTTPResponse = urlopen(  # noqa: S310
            Request(url, headers=headers),  # noqa: S310
            timeout=_TIMEOUT_S,
        )
    except HTTPError as error:
        with error:
            raise _refusal(url, error) from error
    except (OSError, HTTPException) as error:
        cause = getattr(error, "reason", None) or error
        raise _InterruptedDownloadError(f"no connection ({cause})") from error
    return response


def _refusal(url: str, error: HTTPError) -> Exception:
    """What an error status means."""
    said = f"the server answered {error.code} {error.reason}"
    if error.code == 416:
        stated = _CONTENT_RANGE.fullmatch(error.headers.get("Content-Range", ""))
        return _PartRefusedError(int(stated[2]) if stated and stated[2] != "*" else None)
    if error.code in _WORTH_ANOTHER_TRY:
        return _InterruptedDownloadError(said)
    advice = ""
    if error.code in (401, 403):
        advice = (
            ". It may want you to accept a licence: download the file with a browser "
            "and give its path instead of a name"
        )
    return ModelFileError(f"{url}: {said}{advice}")


def _begin(url: str, response: HTTPResponse, part: PartialFile, size: int | None) -> int | None:
    """Make `part` ready for the bytes that follow; returns the size of the whole, if stated."""
    if response.status == 206:
        stated = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if stated is None or stated[1] != str(part.size):
            part.begin(Origin(url))
            raise _InterruptedDownloadError("the server sent another part than asked for")
        total = int(stated[2]) if stated[2] != "*" else None
        _check_whole(url, part.target.parent, total, size, missing=(total or 0) - part.size)
        return total
    length = response.headers.get("Content-Length", "")
    total = int(length) if re.fullmatch(r"[0-9]{1,18}", length) else None
    _check_whole(url, part.target.parent, total, size, missing=total or 0)
    # Looked at before anything is dropped: a login page must not cost the bytes had so far.
    first = _read(response, len(GGUF_MAGIC))
    if len(first) < len(GGUF_MAGIC):
        raise _InterruptedDownloadError("the connection closed early")
    if first != GGUF_MAGIC:
        raise ModelFileError(f"what {url} sends is not a GGUF file")
    part.begin(Origin(url, _validator(response.headers)))
    part.write(first)
    return total


def _check_whole(url: str, folder: Path, total: int | None, size: int | None, missing: int) -> None:
    if None not in (total, size) and total != size:
        raise ModelFileError(f"{url} offers {total:,} bytes; the file must have {size:,}")
    free = shutil.disk_usage(folder).free
    if missing > free:
        raise ModelFileError(
            f"not enough space in {folder}: {missing:,} bytes are needed, {free:,} are free. "
            "Free some, or set SPSD_MODELS to a folder on another disk"
        )


def _copy(
    response: HTTPResponse, part: PartialFile, total: int | None, progress: PullProgress
) -> None:
    progress.received(part.size, total)
    while chunk := _read(response, _CHUNK):
        part.write(chunk)
        progress.received(part.size, total)
    if total is not None and part.size < total:
        raise _InterruptedDownloadError("the connection closed early")


def _read(response: HTTPResponse, count: int) -> bytes:
    try:
        return response.read(count)
    except (OSError, HTTPException) as error:
        raise _InterruptedDownloadError(f"the connection broke ({error})") from error


def _validator(headers: Message) -> str:
    """Something that If-Range accepts: a strong ETag, else a date."""
    etag = str(headers.get("ETag", ""))
    if etag.startswith('"'):
        return etag
    return str(headers.get("Last-Modified", ""))
