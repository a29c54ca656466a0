"""The two clients, sync and async, over httpx."""

import asyncio
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from tasrih.client.messages import (
    ItemError,
    articles_from_json,
    articles_to_json,
    sentences_from_json,
    sentences_to_json,
)
from tasrih.client.retries import CallError, Retries
from tasrih.types import ArticleReport, Document, LabelledSentence

__all__ = ["AsyncClient", "Client"]

# More than the service itself takes before it answers 504.
TIMEOUT_S = 60.0


def _headers(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}


class Client:
    """Calls the service; threads may share one.

    Args:
        url: such as ``http://127.0.0.1:3000``.
        key: a bearer key, where the service asks for one.
        timeout_s: for an answer, each try.
        retries: how patient to be.

    Its methods raise `CallError`.
    """

    def __init__(
        self, url: str, *, key: str | None = None, timeout_s: float = TIMEOUT_S, retries: Retries | None = None
    ) -> None:
        self._http = httpx.Client(base_url=url, headers=_headers(key), timeout=timeout_s)
        self._retries = retries or Retries()

    def label_articles(
        self, documents: Sequence[Document], *, keep_boilerplate: bool = False
    ) -> list[ArticleReport | ItemError]:
        """One report, or item error, for each document, in order."""
        body = articles_to_json(documents, keep_boilerplate=keep_boilerplate)
        return articles_from_json(self._call("POST", "/v1/articles", body))

    def label_texts(self, texts: Sequence[str]) -> list[LabelledSentence | ItemError]:
        """One labelled sentence, or item error, for each sentence that the caller has split, in order."""
        return sentences_from_json(self._call("POST", "/v1/sentences", sentences_to_json(texts)))

    def info(self) -> dict[str, Any]:
        """Release, labels, limits, versions."""
        return self._call("GET", "/v1/info")

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        tried = 0
        while True:
            tried += 1
            response, failure = None, None
            try:
                response = self._http.request(method, path, json=body)
            except httpx.TransportError as error:
                failure = error
            if response is not None and response.is_success:
                return _data(response)
            wait = self._retries.wait_s(tried, response)
            if wait is None:
                raise _error(response, failure, str(self._http.base_url)) from failure
            time.sleep(wait)


class AsyncClient:
    """As `Client`, with ``await``."""

    def __init__(
        self, url: str, *, key: str | None = None, timeout_s: float = TIMEOUT_S, retries: Retries | None = None
    ) -> None:
        self._http = httpx.AsyncClient(base_url=url, headers=_headers(key), timeout=timeout_s)
        self._retries = retries or Retries()

    async def label_articles(
        self, documents: Sequence[Document], *, keep_boilerplate: bool = False
    ) -> list[ArticleReport | ItemError]:
        """See `Client.label_articles`."""
        body = articles_to_json(documents, keep_boilerplate=keep_boilerplate)
        return articles_from_json(await self._call("POST", "/v1/articles", body))

    async def label_texts(self, texts: Sequence[str]) -> list[LabelledSentence | ItemError]:
        """See `Client.label_texts`."""
        return sentences_from_json(await self._call("POST", "/v1/sentences", sentences_to_json(texts)))

    async def info(self) -> dict[str, Any]:
        """See `Client.info`."""
        return await self._call("GET", "/v1/info")

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        tried = 0
        while True:
            tried += 1
            response, failure = None, None
            try:
                response = await self._http.request(method, path, json=body)
            except httpx.TransportError as error:
                failure = error
            if response is not None and response.is_success:
                return _data(response)
            wait = self._retries.wait_s(tried, response)
            if wait is None:
                raise _error(response, failure, str(self._http.base_url)) from failure
            await asyncio.sleep(wait)


def _data(response: httpx.Response) -> dict[str, Any]:
    try:
        data = response.json()
    except ValueError:
        raise CallError.of(response) from None
    if not isinstance(data, dict):
        raise CallError.of(response)
    return data


def _error(response: httpx.Response | None, failure: httpx.TransportError | None, url: str) -> CallError:
    if response is not None:
        return CallError.of(response)
    assert failure is not None
    return CallError.unreachable(failure, url)
