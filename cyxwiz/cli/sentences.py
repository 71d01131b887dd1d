"""What a person reads of an error, in one sentence and in the words of the job file and the command line."""

from __future__ import annotations

import re

from shared.errors import CyxWizError, UserMistake

_WORD_OF_FIELD = {"dataset_uri": "dataset"}
"""The job file's word where the wire has another."""

_WRONG_VALUE = re.compile(
    r"Invalid value for '(?:.*/ )?(?P<option>[^']+)': (?:Input should be|Value error,) (?P<rule>.+)"
)
_HOW_IT_WAS_READ = ", unable to parse string as an integer"


def sentence_from_error(error: CyxWizError) -> str:
    """Return the error's sentence; a field that it begins with has the job file's name."""
    sentence = str(error)
    field = error.field if isinstance(error, UserMistake) else ""
    if field in _WORD_OF_FIELD and sentence.startswith(field):
        return _WORD_OF_FIELD[field] + sentence.removeprefix(field)
    return sentence


def sentence_from_wrong_usage(message: str) -> str:
    """Return in one line what was wrong with how the command was called."""
    line = " ".join(message.split()).rstrip(".")
    wrong = _WRONG_VALUE.fullmatch(line.removesuffix(_HOW_IT_WAS_READ))
    return f"{wrong['option']} must be {wrong['rule']}" if wrong else line
