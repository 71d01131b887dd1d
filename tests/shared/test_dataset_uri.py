"""Dataset URIs: what each names, what is known of it unopened, and how the rest is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.dataset_facts import DatasetFacts, dataset_facts, example_shape
from shared.dataset_uri import (
    ArtifactDataset,
    BuiltinDataset,
    DatasetUri,
    FileDataset,
    FileFormat,
    parse_dataset_uri,
)
from shared.errors import InvalidField, UserMistake
from shared.hyperparameter_names import Loss
from shared.synthetic_dataset import (
    SyntheticClassification,
    SyntheticImages,
    SyntheticRegression,
    SyntheticSequences,
    SyntheticTokens,
)

_DIGEST = "AB" * 32


@pytest.mark.parametrize(
    ("text", "dataset"),
    [
        ("builtin://digits", BuiltinDataset("digits")),
        ("synthetic://classification", SyntheticClassification()),
        ("synthetic://regression?outputs=3&seed=9", SyntheticRegression(outputs=3, seed=9)),
        ("synthetic://images?samples=50&height=8&width=9&channels=3&classes=2", SyntheticImages(50, 8, 9, 3, 2)),
        ("synthetic://sequences?length=5", SyntheticSequences(length=5)),
        ("synthetic://tokens?vocab=100", SyntheticTokens(vocab=100)),
        ("file:///data/train.npz", FileDataset("/data/train.npz", None)),
        ("file:///data/a%20b.csv?format=csv", FileDataset("/data/a b.csv", FileFormat.CSV)),
        ("file://mnist/./data/mnist", FileDataset("./data/mnist", FileFormat.IDX)),
        ("file://csv/./train.csv", FileDataset("./train.csv", FileFormat.CSV)),
        ("file://npz//data/x?format=npz", FileDataset("/data/x", FileFormat.NPZ)),
        (f"artifact://sha256:{_DIGEST}", ArtifactDataset("ab" * 32, None)),
        (f"artifact://sha256:{_DIGEST}?format=mnist", ArtifactDataset("ab" * 32, FileFormat.IDX)),
    ],
)
def test_a_uri_names_a_dataset(text: str, dataset: DatasetUri) -> None:
    assert parse_dataset_uri(text) == dataset


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is missing"),
        ("digits", "must be a URI such as"),
        ("mock://mnist", "nothing here is mocked; use synthetic://"),
        ("https://x/y.npz", "https:// is known but not supported yet"),
        ("s3://bucket/x", "s3:// is known but not supported yet"),
        ("fiel:///x", "unknown scheme 'fiel', did you mean file?"),
        ("builtin://cifar", "builtin://digits"),
        ("builtin://digits?x=1", "takes no parameters"),
        ("synthetic://pairs", "known but not supported yet"),
        ("synthetic://image", "did you mean images?"),
        ("synthetic://images?size=3", "unknown parameter 'size'"),
        ("synthetic://images?classes=1", "classes must be from 2 to"),
        ("synthetic://images?samples=0", "samples must be from 1 to"),
        ("synthetic://images?samples=many", "samples must be a whole number"),
        ("synthetic://images?samples=5&samples=6", "twice"),
        ("synthetic://images?samples", "name=value"),
        ("synthetic://tokens?classes=0", "known but not supported yet"),
        ("synthetic://images?target=input", "known but not supported yet"),
        ("file://", "must name a path"),
        ("file://csv/", "must name a path"),
        ("file:///a%00b", "must name a path"),
        ("file://cifar10/./x", "format cifar10 is known but not supported yet"),
        ("file://cvs/./x", "unknown format 'cvs', did you mean csv?"),
        ("file:///x?format=xlsx", "unknown format 'xlsx'"),
        ("file:///x?colour=red", "unknown parameter 'colour'"),
        ("file://csv/./x?format=npz", "leave one out"),
        ("artifact://sha256:abc", "64 hexadecimal digits"),
        ("file:///x\n", "control characters"),
        ("file:///" + "x" * 5_000, "at most 4096"),
    ],
)
def test_what_cannot_be_opened_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(InvalidField, match=words) as caught:
        parse_dataset_uri(text)
    assert caught.value.field == "dataset_uri"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("builtin://digits", DatasetFacts((8, 8, 1), 1_797, classes=10)),
        ("synthetic://regression?samples=5&features=2&outputs=3", DatasetFacts((2,), 5, outputs=3)),
        ("synthetic://images?samples=5&height=2&width=3", DatasetFacts((2, 3, 1), 5, classes=10)),
        ("synthetic://sequences?samples=5&length=4&features=2", DatasetFacts((4, 2), 5, classes=4)),
        ("synthetic://tokens?samples=5&length=4", DatasetFacts((4,), 5, classes=2)),
        ("file:///x.npz", DatasetFacts()),
    ],
)
def test_what_is_known_without_opening_the_data(text: str, facts: DatasetFacts) -> None:
    uri = parse_dataset_uri(text)
    assert dataset_facts(uri) == facts
    assert example_shape(uri) == facts.example_shape


def test_the_loss_follows_from_the_labels() -> None:
    assert DatasetFacts(classes=3).natural_loss is Loss.CROSS_ENTROPY
    assert DatasetFacts(outputs=3).natural_loss is Loss.MSE
    assert DatasetFacts().natural_loss is None


def _mistake(text: str) -> UserMistake | None:
    try:
        dataset_facts(parse_dataset_uri(text))
    except UserMistake as error:
        return error
    return None


_BEGINNINGS = st.sampled_from(["", "file://", "file:///", "synthetic://images?", "artifact://", "builtin://", "x://"])


@settings(deadline=None)
@given(_BEGINNINGS, st.text())
def test_any_text_gives_a_dataset_or_one_sentence(beginning: str, rest: str) -> None:
    mistake = _mistake(beginning + rest)
    assert mistake is None or (mistake.field == "dataset_uri" and str(mistake).isprintable())
