"""Whether a Lambda node says that it draws from a Gaussian; its code is compared with known spellings and never run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.model_definition.kinds.gaussian_sample import GAUSSIAN_SAMPLE
from shared.model_definition.latent_names import LatentRole, latent_role
from shared.model_definition.vocabulary import DESIGNER_NAMES, designer_name, type_key

LAMBDA = "Lambda"
_LONGEST_TEXT = 200
_SAYING = ("function", "expression", "code", "operation", "op", "lambda", "name", "body", "formula")
_NAMES = frozenset(
    {
        *(type_key(name) for name in (GAUSSIAN_SAMPLE.name, *GAUSSIAN_SAMPLE.aliases)),
        *("samplez", "reparam", "reparametrization", "reparameterise", "reparameterisation", "reparameterizationtrick"),
    }
)
_NAME = r"[A-Za-z_][A-Za-z_0-9]*"
_NOISE = (
    r"(?:eps|epsilon|noise|(?:[A-Za-z]+\.)*(?:randn|randn_like|normal|random_normal)\([^()]*(?:\([^()]*\))?[^()]*\))"
)
_HALF = rf"(?:0?\.5\*(?P<a>{_NAME})|(?P<b>{_NAME})\*0?\.5|(?P<c>{_NAME})/2(?:\.0?)?)"
_WIDTH = rf"(?:[A-Za-z]+\.)*exp\({_HALF}\)"
_DRAW = re.compile(rf"(?:z=)?(?P<mean>{_NAME})\+(?:{_WIDTH}\*{_NOISE}|{_NOISE}\*{_WIDTH.replace('?P<', '?P<second_')})")
_BEGINNING = re.compile(r"^\s*(?:lambda[\w\s,]*:|return\s)")


def is_lambda(written: object) -> bool:
    """Whether a type as written, a name or a code, is the designer's node that holds code."""
    if isinstance(written, int) and not isinstance(written, bool):
        return written == DESIGNER_NAMES.index(LAMBDA)
    return isinstance(written, str) and designer_name(written) == LAMBDA


def says_gaussian_sample(name: str, parameters: Mapping[str, object]) -> bool:
    """Whether the node's name or what it holds says so: `sampling`, or `mu + exp(0.5 * log_var) * eps`."""
    said = [value for key, value in parameters.items() if type_key(key) in _SAYING and isinstance(value, str)]
    written = [text for text in said if text.strip()]
    return all(_is_draw(text) for text in written) if written else type_key(name) in _NAMES


def _is_draw(text: str) -> bool:
    if len(text) > _LONGEST_TEXT:
        return False
    if type_key(text).removesuffix("()") in _NAMES:
        return True
    found = _DRAW.fullmatch(re.sub(r"\s+", "", _BEGINNING.sub("", text)))
    if found is None:
        return False
    parts = found.groupdict()
    half = next((value for key, value in parts.items() if key != "mean" and value), "")
    return latent_role(parts["mean"]) is LatentRole.MEAN and latent_role(half) is LatentRole.LOG_VARIANCE
