"""An archive's way in: its bytes stream to the disk as they come, counted, and become an archive when all have."""

import asyncio

from starlette.requests import Request

from serving.archives.archive import Archive
from serving.archives.folder import Upload
from serving.errors import ServiceError
from serving.runtime import Runtime
from serving.settings import Settings

__all__ = ["take_in"]

# Written at once: few hops between threads, and little memory.
BLOCK = 1 << 20


async def take_in(runtime: Runtime, request: Request, name: str) -> Archive:
    """Keep a request's body as an archive.

    Raises:
        ServiceError: 413 as soon as it is known to be too large, 408 where nothing comes for a while, 415 where it is compressed
            on the way, 422 where there is nothing.
        ClientDisconnect: the caller has gone.
    """
    settings = runtime.settings
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise ServiceError(
            415,
            "unsupported_encoding",
            "Content-Encoding: send the file as it is; NAME.gz and NAME.zst are unpacked here",
        )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > settings.max_archive_bytes:
        raise _too_large(settings)
    upload = await runtime.keep(lambda: runtime.archives.begin(name))
    try:
        if not await _receive(runtime, request, upload):
            message = "the file is empty; send its bytes as the body"
            raise ServiceError(
                422, "invalid", f"body: {message}", details={"faults": [{"field": "body", "message": message}]}
            )
        archive = await runtime.keep(upload.commit)
    except BaseException:
        runtime.keeping.submit(upload.discard)
        raise
    runtime.runner.wake()
    return archive


async def _receive(runtime: Runtime, request: Request, upload: Upload) -> int:
    """Write the body; gives its bytes."""
    settings = runtime.settings
    stream = request.stream()
    size = 0
    held = bytearray()
    while True:
        try:
            # Not of the whole: a large file over a slow line takes long, but it comes.
            async with asyncio.timeout(settings.body_timeout_s):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise ServiceError(
                408, "slow_body", f"nothing came for {settings.body_timeout_s:g} s after {size:,} bytes; send it again"
            ) from None
        if chunk is not None:
            size += len(chunk)
            held += chunk
        if size > settings.max_archive_bytes:
            raise _too_large(settings)
        if held and (chunk is None or len(held) >= BLOCK):
            block = bytes(held)
            held.clear()
            await runtime.keep(lambda block=block: upload.write(block))  # type: ignore[misc]
        if chunk is None:
            return size


def _too_large(settings: Settings) -> ServiceError:
    limit = settings.max_archive_bytes
    return ServiceError(
        413,
        "body_too_large",
        f"the archive holds more than {limit:,} bytes; pack it (NAME.gz, NAME.zst), part it, or use tasrih batch",
        details={"max_archive_bytes": limit},
    )
