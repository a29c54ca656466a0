"""The reviews' database: where it is, how it is opened, and its migrations.

SQLite takes one writer at a time: its journal is a write-ahead log, readers never wait, and a writer waits for the one before it.
A writing transaction takes the lock as it begins (``BEGIN IMMEDIATE``), since one that turned writer half-way could not wait.
"""

import sqlite3
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from tasrih.errors import ConfigError

__all__ = ["FILE", "StorageError", "migrate", "open_database", "sqlite_url", "url_of", "writing"]

FILE = "reviews.sqlite3"
MIGRATIONS = Path(__file__).resolve().parent / "migrations"
BUSY_SECONDS = 30
# Any number that nobody else who uses the database locks.
LOCK = 7_741_726_968


class StorageError(ConfigError):
    """What is kept cannot be read or written now."""

    code = "storage_failed"


def url_of(given: str) -> URL:
    """A database's address; raises `ValueError` where it is none of ours."""
    try:
        url = make_url(given)
    except ArgumentError:
        raise ValueError("not an address; expected such as postgresql://user:password@host/name") from None
    kind = url.get_backend_name()
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise ValueError(f"{kind}: reviews are kept in sqlite:///FILE or postgresql://user:password@host/name")
    if not url.database or url.database == ":memory:":
        raise ValueError("sqlite: no file named; expected sqlite:///FILE")
    return url


def sqlite_url(folder: Path) -> URL:
    """The address of the database in a state folder."""
    return URL.create("sqlite", database=str(folder / FILE))


def open_database(url: URL) -> Engine:
    """Connect, and bring the tables up to date.

    Raises:
        ConfigError: the driver is not installed.
        StorageError: the database cannot be reached or written.
    """
    is_sqlite = url.get_backend_name() == "sqlite"
    try:
        if is_sqlite and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        # A connection that the server has closed meanwhile is noticed and made anew.
        engine = create_engine(url, pool_pre_ping=not is_sqlite, hide_parameters=True)
    except (ImportError, NoSuchModuleError) as error:
        raise ConfigError(f"database_url: {url}: {error}; pip install 'tasrih[postgres]'") from error
    except OSError as error:
        raise StorageError(
            f"state_folder: {error.filename}: {error.strerror}; name a folder that can be written"
        ) from error
    if is_sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        migrate(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        # The driver's words are about the connection: no parameter of a statement stands in them.
        reason = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        raise StorageError(f"database_url: {url}: {reason}; start the database, or mend the address") from error
    return engine


def writing(engine: Engine) -> Engine:
    """The same database for transactions that write."""
    return engine.execution_options(tasrih_writes=True)


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    # Transactions are begun by us, not guessed by the driver, so that tables are made inside them, too.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA journal_mode = WAL")
    # What was confirmed outlives a loss of power.
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("tasrih_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(engine: Engine) -> None:
    """Apply the migrations that are missing, all or none. Whoever starts at the same time waits, and finds them applied."""
    script = ScriptDirectory(str(MIGRATIONS))

    def missing(revision: Any, context: Any) -> Any:
        return script._upgrade_revs("head", revision)

    with writing(engine).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        with EnvironmentContext(Config(), script, fn=missing) as environment:
            environment.configure(connection=connection)
            environment.run_migrations()
