"""The works of `workloads` in PyTorch: with a DataLoader, and as a plain loop that does as little as it can.

`python -m benchmarks.torch_loop mlp` is a child of `rounds`. It answers with no ways where PyTorch is not installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.rounds import Pace, Stopwatch, Way, serve_ways
from benchmarks.workloads import (
    BLOCKS,
    CLASSES,
    HEADS,
    LEARNING_RATE,
    LENGTH,
    VOCABULARY,
    WIDTH,
    Workload,
    make_workload,
    shuffled_batches,
)

torch: Any = importlib.import_module("torch") if importlib.util.find_spec("torch") else None


def torch_ways(workload: Workload) -> dict[str, Way]:
    """Give a loop over a DataLoader without processes of its own, and one that indexes tensors and fuses Adam."""
    if torch is None:
        return {}
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    inputs, labels = torch.from_numpy(workload.inputs).long(), torch.from_numpy(workload.labels).long()
    if workload.name != "lm":
        inputs = torch.from_numpy(workload.inputs)
    if workload.name == "cnn":
        inputs = inputs.permute(0, 3, 1, 2).contiguous()
    dataset = torch.utils.data.TensorDataset(inputs, labels)
    loader = torch.utils.data.DataLoader(dataset, batch_size=workload.batch_size, shuffle=True, num_workers=0)

    def plain() -> Iterator[Any]:
        for chosen in torch.from_numpy(shuffled_batches(workload, np.random.default_rng(2)).astype(np.int64)):
            yield inputs[chosen], labels[chosen]

    return {
        "DataLoader": _way(workload, lambda: iter(loader), is_fused=False),
        "plain": _way(workload, plain, is_fused=True),
    }


def _way(workload: Workload, batches: Callable[[], Iterator[Any]], *, is_fused: bool) -> Way:
    def train() -> Pace:
        torch.manual_seed(0)
        model = MODELS[workload.name]()
        optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE, fused=is_fused)
        watch = Stopwatch()
        for _ in range(workload.epochs):
            for inputs, labels in batches():
                optimizer.zero_grad(set_to_none=True)
                outputs = model(inputs)
                loss = torch.nn.functional.cross_entropy(outputs.flatten(0, -2), labels.flatten())
                loss.backward()
                optimizer.step()
        return watch.pace(workload.samples_a_round)

    return train


def _mlp() -> Any:
    nn = torch.nn
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, CLASSES))


def _cnn() -> Any:
    nn = torch.nn
    first = (nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    second = (nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    return nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(7 * 7 * 64, CLASSES))


def _lm() -> Any:
    """Build the pre-norm transformer; the classes stand here because PyTorch may be missing."""
    nn = torch.nn

    class Block(nn.Module):  # type: ignore[misc,name-defined]  # its base is known only where PyTorch is
        def __init__(self) -> None:
            super().__init__()
            self.attention_norm, self.inner_norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.projected, self.output = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.inner, self.outer = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

        def forward(self, values: Any) -> Any:
            parts = self.projected(self.attention_norm(values)).view(-1, LENGTH, 3, HEADS, WIDTH // HEADS)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            attended = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
            values = values + self.output(attended.transpose(1, 2).reshape(-1, LENGTH, WIDTH))
            return values + self.outer(nn.functional.gelu(self.inner(self.inner_norm(values))))

    class Model(nn.Module):  # type: ignore[misc,name-defined]  # the same
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(VOCABULARY, WIDTH)
            self.positions = nn.Parameter(torch.randn(LENGTH, WIDTH) * 0.02)
            self.blocks, self.norm = nn.Sequential(*[Block() for _ in range(BLOCKS)]), nn.LayerNorm(WIDTH)
            self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)

        def forward(self, tokens: Any) -> Any:
            return self.head(self.norm(self.blocks(self.tokens(tokens) + self.positions)))

    return Model()


MODELS: dict[str, Callable[[], Any]] = {"mlp": _mlp, "cnn": _cnn, "lm": _lm}

if __name__ == "__main__":
    serve_ways(torch_ways(make_workload(sys.argv[1])))
