"""Keeps reviews and finds them. Any thread may call; every call is one transaction."""

import datetime
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from serving.reviews.database import StorageError, open_database, writing
from serving.reviews.draft import Draft
from serving.reviews.review import Review, StoredReview, text_hash

__all__ = ["Found", "Reviews"]

FETCHED = 500


@dataclass(frozen=True, slots=True)
class Found:
    """Some of the reviews that were asked for, and how many there are."""

    reviews: tuple[Review, ...]
    total: int


class Reviews:
    """See the module. The database is opened by the first call that needs it, and again after it failed."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    def open(self) -> Engine:
        """The database; raises `StorageError`, and `ConfigError` where its driver is not installed."""
        with self._opening:
            if self._engine is None:
                self._engine = open_database(self._url)
            return self._engine

    def close(self) -> None:
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def add(self, draft: Draft) -> Review:
        """Keep a review; once this returns, it is on the disk."""
        created = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        engine = writing(self.open())
        try:
            with Session(engine) as session, session.begin():
                stored = StoredReview.of(draft, created=created)
                session.add(stored)
                session.flush()
                return stored.review()
        except SQLAlchemyError as error:
            raise _failed(error) from error

    def find(
        self,
        *,
        text: str | None = None,
        article_id: str | None = None,
        reviewer: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> Found:
        """Reviews, newest first."""
        wanted = _wanted(text, article_id, reviewer)
        query = select(StoredReview).where(*wanted).order_by(StoredReview.id.desc()).offset(offset).limit(limit)
        try:
            with Session(self.open()) as session:
                total = session.scalar(select(func.count()).select_from(StoredReview).where(*wanted))
                return Found(tuple(row.review() for row in session.scalars(query)), total or 0)
        except SQLAlchemyError as error:
            raise _failed(error) from error

    def all(self) -> Iterator[Review]:
        """All reviews, oldest first, in constant memory."""
        last = 0
        while True:
            query = select(StoredReview).where(StoredReview.id > last).order_by(StoredReview.id).limit(FETCHED)
            try:
                # A transaction a page: an export of hours keeps nobody waiting.
                with Session(self.open()) as session:
                    page = [row.review() for row in session.scalars(query)]
            except SQLAlchemyError as error:
                raise _failed(error) from error
            yield from page
            if len(page) < FETCHED:
                return
            last = page[-1].id

    def reviewed(self) -> set[str]:
        """Hashes of the texts that somebody has reviewed; see `text_hash`."""
        try:
            with Session(self.open()) as session:
                return set(session.scalars(select(StoredReview.text_hash).distinct()))
        except SQLAlchemyError as error:
            raise _failed(error) from error


def _wanted(text: str | None, article_id: str | None, reviewer: str | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if text is not None:
        wanted.append(StoredReview.text_hash == text_hash(text))
    if article_id is not None:
        wanted.append(StoredReview.article_id == article_id)
    if reviewer is not None:
        wanted.append(StoredReview.reviewer == reviewer)
    return wanted


def _failed(error: SQLAlchemyError) -> StorageError:
    # Neither a statement nor its parameters: they hold what the reviewer wrote.
    reason = type(getattr(error, "orig", None) or error).__name__
    return StorageError(f"the reviews cannot be read or written now ({reason}); try again, or look after the database")
