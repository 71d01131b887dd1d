"""Which names say that a layer gives the mean, or the logarithm of the variance, of a Gaussian that is drawn from."""

from __future__ import annotations

import re
from enum import StrEnum


class LatentRole(StrEnum):
    """What such a layer gives."""

    MEAN = "mean"
    LOG_VARIANCE = "log_variance"


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|\u03bc|\u03c3")
_BESIDE = frozenset({"z", "latent", "code", "fc", "dense", "linear", "layer", "head", "output", "out", "encoder", "q"})
"""Words that such names carry beside the one that counts."""
_MEANS = frozenset({"mu", "mean", "means", "\u03bc"})
_LOG_VARIANCES = frozenset({"logvar", "logvars", "logvariance", "lnvar", "logsigma2", "logsigmasq", "logsigmasquared"})


def latent_role(name: str) -> LatentRole | None:
    """What a name says, such as `mu`, `z_mean`, `fc_logvar`, `Latent Log-Variance`; None for any other.

    A `log_sigma` or a `sigma` is none of them: what they would give is not a variance's logarithm.
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    rest = "".join(word for word in words if word not in _BESIDE)
    unnumbered = rest.rstrip("0123456789")
    if unnumbered in _MEANS:
        return LatentRole.MEAN
    return LatentRole.LOG_VARIANCE if {rest, unnumbered} & _LOG_VARIANCES else None
