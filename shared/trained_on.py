"""What a model takes the numbers of its data to mean; a weights file says it, since weights alone would not tell.

It is the names of columns, of classes or of a vocabulary's words, and how inputs were scaled. Data that a finished
model is asked about are read in the same way, so that a column or a word in another place gives no wrong number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from shared.errors import BadData

METADATA_NAME = "trained_on"
MOST_BYTES = 64 * 1024 * 1024
"""Of the text in a file; a longer one is left out, since readers of safetensors take a header of 100 MB at most."""


class TrainedOn(BaseModel):
    """What data meant in a training.

    Attributes:
        columns: of a table with a header, names of the inputs' columns in their order.
        class_names: of targets that were words, the word of each label; of a text in words, that of each token.
        offset: what was taken away from each feature or channel; empty where nothing was scaled.
        width: by what it was divided then.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    columns: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    offset: tuple[float, ...] = ()
    width: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _is_a_scale(self) -> Self:
        if len(self.offset) != len(self.width) or 0 in self.width:
            raise ValueError("offset and width must be as many, and no width 0")
        return self


UNKNOWN = TrainedOn()
"""Nobody said anything."""


def trained_on_metadata(trained_on: TrainedOn) -> Mapping[str, str]:
    """Return what a weights file says of it beside its arrays; nothing where there is nothing to say, or too much."""
    text = trained_on.model_dump_json(exclude_defaults=True)
    return {METADATA_NAME: text} if trained_on != UNKNOWN and len(text) <= MOST_BYTES else {}


def trained_on_from(metadata: Mapping[str, str]) -> TrainedOn:
    """Return what the metadata of a weights file say.

    Raises:
        BadData: they cannot be read.
    """
    if (text := metadata.get(METADATA_NAME)) is None:
        return UNKNOWN
    try:
        return TrainedOn.model_validate_json(text)
    except ValidationError as mistake:
        first = mistake.errors(include_url=False)[0]
        raise BadData(f"they cannot say what they were trained on: {first['msg']}", field="weights_uri") from None
