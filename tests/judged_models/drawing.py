"""Draws designer graphs as the designer saves them; draws only, and knows nothing of what a graph means."""

from __future__ import annotations

from typing import Any

_NAMES = """
    Dense Conv1D Conv2D Conv3D DepthwiseConv2D MaxPool2D AvgPool2D GlobalMaxPool GlobalAvgPool AdaptiveAvgPool BatchNorm
    LayerNorm GroupNorm InstanceNorm Dropout Flatten RNN LSTM GRU Bidirectional TimeDistributed Embedding
    MultiHeadAttention SelfAttention CrossAttention LinearAttention TransformerEncoder TransformerDecoder
    PositionalEncoding ReLU LeakyReLU PReLU ELU SELU GELU Swish Mish Sigmoid Tanh Softmax Reshape Permute Squeeze
    Unsqueeze View Split Concatenate Add Multiply Average Output MSELoss CrossEntropyLoss BCELoss BCEWithLogits L1Loss
    SmoothL1Loss HuberLoss NLLLoss SGD Adam AdamW RMSprop Adagrad NAdam StepLR CosineAnnealing ReduceOnPlateau
    ExponentialLR WarmupScheduler L1Regularization L2Regularization ElasticNet Lambda Identity Constant Parameter
    DatasetInput DataLoader Augmentation DataSplit TensorReshape Normalize OneHotEncode Subgraph
"""
CODES = {name: code for code, name in enumerate(_NAMES.split())}
"""Written down from the designer's table of codes, not from the code under test."""

_LABELS_PIN = 1


class Drawing:
    """A graph as it grows: each node is drawn behind what feeds it.

    Args:
        pins: `indices` saves `from_pin_index` and `to_pin_index`, `opaque` only pin ids that mean nothing.
    """

    def __init__(self, pins: str = "indices") -> None:
        self._pins = pins
        self._nodes: list[dict[str, Any]] = []
        self._links: list[dict[str, Any]] = []

    def data(self, shape: str = "", **parameters: Any) -> int:
        """Draw where the batch enters."""
        written = {"dataset_name": "", "split": "train", **({"input_shape": shape} if shape else {}), **parameters}
        return self.put("DatasetInput", **written)

    def put(self, kind: str, *sources: int | tuple[int, int], name: str = "", **parameters: Any) -> int:
        """Draw a node of a designer's name, fed by nodes or by `(node, pin)`; values are saved as text."""
        node_id = len(self._nodes) + 1
        self._nodes.append(
            {
                "id": node_id,
                "type": CODES[kind],
                "name": name or f"{kind} {node_id}",
                "parameters": {key: _text(value) for key, value in parameters.items()},
                "pos_x": 120.0 * node_id,
                "pos_y": 80.0,
            }
        )
        for pin, source in enumerate(sources):
            self.link(source, node_id, pin)
        return node_id

    def link(self, source: int | tuple[int, int], target: int, pin: int = 0) -> None:
        """Draw one link."""
        node, source_pin = source if isinstance(source, tuple) else (source, 0)
        link = {"id": len(self._links) + 1, "from_node": node, "to_node": target, "link_type": 0}
        link |= {"from_pin": 1000 * node + source_pin, "to_pin": 1000 * target + 500 + pin}
        if self._pins == "indices":
            link |= {"from_pin_index": source_pin, "to_pin_index": pin}
        self._links.append(link)

    def chain(self, source: int, *steps: tuple[str, dict[str, Any]]) -> int:
        """Draw nodes one behind the other and give the last."""
        for kind, parameters in steps:
            source = self.put(kind, source, **parameters)
        return source

    def end(
        self, last: int, data: int, loss: str = "CrossEntropyLoss", optimizer: str = "Adam", classes: int | None = None
    ) -> dict[str, Any]:
        """Draw output, loss and optimizer, and give the saved graph; the last link is saved twice, as happens."""
        said: dict[str, Any] = {} if classes is None else {"classes": classes}
        self.put("Output", last, **said)
        judged = self.put(loss, last, (data, _LABELS_PIN))
        self.put(optimizer, judged, learning_rate="0.003")
        return self.saved()

    def saved(self) -> dict[str, Any]:
        """Give the file's content as it is."""
        links = [*self._links, self._links[-1]] if self._links else []
        return {"version": "1.0", "framework": 0, "nodes": self._nodes, "links": links}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    return value
