"""The named architectures, by canonical name. To add one: a file with an `Architecture`, and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from shared.model_definition.architectures.architecture import Architecture
from shared.model_definition.architectures.convolutional import CNN
from shared.model_definition.architectures.perceptron import MLP
from shared.model_definition.architectures.reconstruction import AUTOENCODER
from shared.model_definition.architectures.recurrent_reader import LSTM_READER
from shared.model_definition.architectures.residual import RESNET
from shared.model_definition.architectures.transformers import GPT, VIT

ARCHITECTURES: Mapping[str, Architecture] = {
    architecture.name: architecture for architecture in (MLP, CNN, RESNET, VIT, GPT, LSTM_READER, AUTOENCODER)
}
"""Canonical name → architecture."""
