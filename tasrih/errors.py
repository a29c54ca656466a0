"""What can go wrong, as one tree.

::

    TasrihError
    |-- InputError            a document that cannot be read or holds no article
    |   |-- EmptyInputError       nothing, or white space alone
    |   |-- BinaryInputError      bytes that are not text
    |   |-- InputTooLargeError    more characters than the limit
    |   `-- NotArabicError        no Arabic letter anywhere
    |-- ReleaseError          a folder that is not a whole release
    |   |-- ReleaseNotFoundError  no such folder, or no default release
    |   `-- ReleaseDamagedError   a file whose sha256 is not the recorded one
    |-- EngineError           an engine that is missing or cannot run the release
    |-- ConfigError           a configuration with unknown keys or bad values
    `-- CorpusError           a corpus that breaks its schema

Every message names the thing, the value found, what was expected, and what to do next.
Programming mistakes by callers are `ValueError` and `TypeError`, as everywhere in Python.
"""

__all__ = [
    "BinaryInputError",
    "ConfigError",
    "CorpusError",
    "EmptyInputError",
    "EngineError",
    "InputError",
    "InputTooLargeError",
    "NotArabicError",
    "ReleaseDamagedError",
    "ReleaseError",
    "ReleaseNotFoundError",
    "TasrihError",
]


class TasrihError(Exception):
    """Any failure that tasrih foresees; `str(error)` is fit to show a person."""

    code = "error"


class InputError(TasrihError):
    """A document that cannot be labelled."""

    code = "bad_input"


class EmptyInputError(InputError):
    """The document holds nothing but white space."""

    code = "empty_input"


class BinaryInputError(InputError):
    """The document's bytes are not text in an encoding we read."""

    code = "binary_input"


class InputTooLargeError(InputError):
    """The document holds more characters than the limit."""

    code = "input_too_large"


class NotArabicError(InputError):
    """The document holds no Arabic letter."""

    code = "not_arabic"


class ReleaseError(TasrihError):
    """A folder that cannot be loaded as a release."""

    code = "bad_release"


class ReleaseNotFoundError(ReleaseError):
    """No release where one was asked for."""

    code = "release_not_found"


class ReleaseDamagedError(ReleaseError):
    """A release file differs from its recorded sha256."""

    code = "release_damaged"


class EngineError(TasrihError):
    """The engine that was asked for is missing, or cannot run this release."""

    code = "engine"


class ConfigError(TasrihError):
    """A configuration file with unknown keys or values out of range."""

    code = "bad_config"


class CorpusError(TasrihError):
    """A corpus that breaks its schema or its rules."""

    code = "bad_corpus"
