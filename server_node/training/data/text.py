"""Plain text for language models: tokens are bytes, or the words and marks that the text holds most often.

An example is a sequence of tokens, its target the same moved on by one; a folder gives its `.txt` files in
alphabetical order, one behind the other. Word 0 stands for every word that the vocabulary leaves out. For a finished
model the vocabulary is its own.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import assert_never

import numpy as np

from server_node.training.data.checks import AnyArray, RawSplit, Split, checked_dataset
from server_node.training.data.dataset import Dataset
from server_node.training.data.file_access import beside
from server_node.training.data.opened_file import open_file
from server_node.training.data.room import Room, joined
from server_node.training.data.token_rows import next_token_split
from shared.dataset_options import FileFormat, FileOptions, Vocabulary
from shared.errors import BadData

BYTES = 256
UNKNOWN_WORD = 0
UNKNOWN_NAME = ""
LONGEST_LINE = 2**20
COUNTED_WORD_BYTES = 120
"""About what a dictionary takes for each of its words beside the word."""
_WORD = re.compile(r"\w+|[^\w\s]")


def load_text(path: Path, name: str, room: Room, options: FileOptions, _said: FileFormat | None = None) -> Dataset:
    """Read and check text; see `FILE_LOADERS` for the arguments. Its classes are the vocabulary.

    Raises:
        BadData: when it is too short, too large or, for words, no UTF-8.
    """
    names: tuple[str, ...] = ()
    try:
        files = _files(path, name)
        match options.vocabulary:
            case Vocabulary.BYTES:
                stream, size = _bytes_of(files, name, room), BYTES
            case Vocabulary.WORDS:
                words = _known_words(options) or vocabulary_of(files, name, options.words, room)
                stream, size, names = _words_of(files, words, name, room), len(words) + 1, (UNKNOWN_NAME, *words)
            case _:
                assert_never(options.vocabulary)
    except UnicodeDecodeError as error:
        raise BadData(f"{name}: expected UTF-8 text, got other bytes ({error.reason} at {error.start})") from error
    except OSError as error:
        raise BadData(f"{name}: expected readable text, got {error.strerror}") from error
    made = _dataset(name, next_token_split(name, stream, options.sequence), room, options)
    return replace(made, classes=size, tokens=size, class_names=names)


def _known_words(options: FileOptions) -> dict[str, int]:
    """Number the words that a finished model knows; none where it knows no words."""
    return {word: number for number, word in enumerate(options.model.class_names) if number != UNKNOWN_WORD}


def _dataset(name: str, raw: RawSplit, room: Room, options: FileOptions) -> Dataset:
    if options.reconstructs_input:
        raw = RawSplit(raw.inputs, None)
    return checked_dataset(name, {Split.TRAINING: raw}, room, options, are_tokens=True)


def vocabulary_of(files: Sequence[Path], name: str, most: int, room: Room) -> dict[str, int]:
    """Number the words of a text from 1 on, the most frequent first and equals by alphabet, `most` - 1 at most.

    Raises:
        BadData: when counting the different words would take more memory than there is room for.
    """
    counts: Counter[str] = Counter()
    taken = 0
    for word in _words(files, name):
        counts[word] += 1
        if counts[word] == 1:
            taken += COUNTED_WORD_BYTES + sys.getsizeof(word)
            if taken > room.memory_bytes:
                raise BadData(
                    f"{name}: expected different words that can be counted in {room.memory_bytes:,} bytes, "
                    f"got more: {len(counts):,} so far"
                )
    frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: most - 1]
    return {word: number for number, (word, _) in enumerate(frequent, start=1)}


def _files(path: Path, name: str) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = [beside(path, file.name, f"{name}, {file.name}") for file in sorted(path.glob("*.txt"))]
    if not files:
        raise BadData(f"{name}: expected .txt files in the folder, found none")
    return files


def _bytes_of(files: Sequence[Path], name: str, room: Room) -> AnyArray:
    sizes = [file.stat().st_size for file in files]
    if not sum(sizes):
        raise BadData(f"{name}: expected text, got nothing")
    room.check(name, sum(sizes), f"its {sum(sizes):,} bytes, each a number,")
    filled = [file for file, size in zip(files, sizes, strict=True) if size]
    return joined(name, [_mapped(file, name) for file in filled], room)


def _mapped(path: Path, name: str) -> AnyArray:
    with open_file(path, name) as file:
        return np.memmap(file, np.uint8, "r")


def _words_of(files: Sequence[Path], words: dict[str, int], name: str, room: Room) -> AnyArray:
    numbers = array("i")
    for word in _words(files, name):
        numbers.append(words.get(word, UNKNOWN_WORD))
        if len(numbers) * numbers.itemsize > room.memory_bytes:
            raise BadData(f"{name}: expected at most {room.memory_bytes:,} bytes of numbers of words, it has more")
    return np.frombuffer(numbers, np.int32) if numbers else np.empty(0, np.int32)


def _words(files: Sequence[Path], name: str) -> Iterator[str]:
    for file in files:
        with TextIOWrapper(open_file(file, name), encoding="utf-8-sig", newline="\n") as lines:
            while line := lines.readline(LONGEST_LINE):
                yield from _WORD.findall(line)
