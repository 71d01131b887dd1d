"""All judged models, in two heaps: what can be trained in a moment, and what is true to size and only planned."""

from __future__ import annotations

from tests.judged_models.attention_models import ATTENTION_MODELS, TRUE_SIZE_ATTENTION_MODELS
from tests.judged_models.branched_images import BRANCHED_IMAGES, TRUE_SIZE_BRANCHED_IMAGES
from tests.judged_models.pattern_models import PATTERN_MODELS
from tests.judged_models.plain_images import PLAIN_IMAGES, TRUE_SIZE_PLAIN_IMAGES
from tests.judged_models.recurrent_models import RECURRENT_MODELS
from tests.judged_models.variational_models import VARIATIONAL_MODELS
from tests.judged_models.vector_models import VECTOR_MODELS
from tests.judged_models.written_models import TRUE_SIZE_ZOO, WRITTEN_MODELS

DRAWN = (*PLAIN_IMAGES, *BRANCHED_IMAGES, *RECURRENT_MODELS, *ATTENTION_MODELS, *VECTOR_MODELS)
SMALL = (*DRAWN, *VARIATIONAL_MODELS, *PATTERN_MODELS, *WRITTEN_MODELS)
TRUE_SIZE = (*TRUE_SIZE_PLAIN_IMAGES, *TRUE_SIZE_BRANCHED_IMAGES, *TRUE_SIZE_ATTENTION_MODELS, *TRUE_SIZE_ZOO)
