"""From an error's stable code back to the error: for errors that were stored, or came over a wire."""

from __future__ import annotations

from types import MappingProxyType

from shared import errors


def error_named(code: str, message: str, *, field: str = "") -> errors.CyxWizError:
    """Return the error that a stored or received `code` stands for; unknown codes are `UserMistake`."""
    kind = _KINDS_BY_CODE.get(code, errors.UserMistake)
    return kind(message, field=field) if issubclass(kind, errors.UserMistake) else kind(message)


def _all_kinds(root: type[errors.CyxWizError]) -> list[type[errors.CyxWizError]]:
    return [root, *(kind for child in root.__subclasses__() for kind in _all_kinds(child))]


_KINDS_BY_CODE = MappingProxyType({kind.code: kind for kind in _all_kinds(errors.CyxWizError)})
