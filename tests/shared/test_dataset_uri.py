"""Dataset URIs: what each names, what is known of it unopened, and how the rest is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.dataset_facts import DatasetFacts, dataset_facts, example_shape
from shared.dataset_options import FileFormat, FileOptions, Normalization, Vocabulary
from shared.dataset_uri import (
    ArtifactDataset,
    BuiltinDataset,
    DatasetUri,
    FileDataset,
    RemoteDataset,
    parse_dataset_uri,
)
from shared.errors import InvalidField, UserMistake
from shared.hyperparameter_names import Loss
from shared.synthetic_dataset import (
    SyntheticClassification,
    SyntheticImages,
    SyntheticPairs,
    SyntheticRegression,
    SyntheticSequences,
    SyntheticTokens,
)

_DIGEST = "AB" * 32


@pytest.mark.parametrize(
    ("text", "dataset"),
    [
        ("builtin://digits", BuiltinDataset("digits")),
        ("builtin://digits?target=input", BuiltinDataset("digits", reconstructs_input=True)),
        ("synthetic://classification", SyntheticClassification()),
        ("synthetic://regression?outputs=3&seed=9", SyntheticRegression(outputs=3, seed=9)),
        ("synthetic://images?samples=50&height=8&width=9&channels=3&classes=2", SyntheticImages(50, 8, 9, 3, 2)),
        ("synthetic://sequences?length=5", SyntheticSequences(length=5)),
        ("synthetic://tokens?vocab=100", SyntheticTokens(vocab=100)),
        ("synthetic://tokens?classes=0", SyntheticTokens(classes=0)),
        ("synthetic://pairs?vocab=9", SyntheticPairs(vocab=9)),
        ("synthetic://images?target=input", SyntheticImages(reconstructs_input=True)),
        ("file://cifar10/./x", FileDataset("./x", FileFormat.CIFAR10)),
        (
            "file:///book.txt?sequence=64&vocabulary=words&words=500",
            FileDataset("/book.txt", None, FileOptions(sequence=64, vocabulary=Vocabulary.WORDS, words=500)),
        ),
        (
            "https://host/a/train.parquet?target=price&normalize=standard",
            RemoteDataset(
                "https://host/a/train.parquet", None, FileOptions(target="price", normalize=Normalization.STANDARD)
            ),
        ),
        ("s3://bucket/x.npz?format=npz", RemoteDataset("s3://bucket/x.npz", FileFormat.NPZ)),
        ("gs://bucket/x.npz", RemoteDataset("gs://bucket/x.npz", None)),
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
        ("http://x/y.npz", "http:// is not offered"),
        ("https://x", "must name a host or bucket and a file in it"),
        ("s3:///x", "must name a host or bucket and a file in it"),
        ("https://user:secret@host/x", "must not hold a user or a password.*secret=NAME"),
        ("https://x/y.npz?token=abc", "must not hold a credential, and 'token' is one"),
        ("https://x/y.npz?X-Amz-Signature=abc", "must not hold a credential, and 'X-Amz-Signature' is one"),
        ("s3://bucket/y.npz?AWSAccessKeyId=abc", "must not hold a credential"),
        ("https://x/y.npz?secret=a/b", "secret must be the name"),
        ("file:///y.npz?secret=a", "unknown parameter 'secret'"),
        ("https://x:99999/y.npz", "must name a host or bucket"),
        ("https://x\\y/z.npz", "must name a host or bucket"),
        ("https://x/a/%2e%2e/y.npz", "a plain path"),
        ("s3://127.0.0.1:9000/y.npz", "must name a host or bucket"),
        ("file:///x.txt?sequence=0", "sequence must be from 1 to"),
        ("file:///x.txt?vocabulary=word", "vocabulary must be one of bytes, words, got 'word', did you mean words"),
        ("file:///x.csv?normalize=yes", "normalize must be one of none, standard, minmax"),
        ("fiel:///x", "unknown scheme 'fiel', did you mean file?"),
        ("builtin://cifar", "builtin://digits"),
        ("builtin://digits?x=1", "takes no parameter but target=input"),
        ("synthetic://pairs?target=input", "which has two inputs"),
        ("synthetic://image", "did you mean images?"),
        ("synthetic://images?size=3", "unknown parameter 'size'"),
        ("synthetic://images?classes=1", "classes must be from 2 to"),
        ("synthetic://images?samples=0", "samples must be from 1 to"),
        ("synthetic://images?samples=many", "samples must be a whole number"),
        ("synthetic://images?samples=5&samples=6", "twice"),
        ("synthetic://images?samples", "name=value"),
        ("synthetic://tokens?classes=1", "classes must be from 2 to"),
        ("synthetic://images?classes=0", "classes must be from 2 to"),
        ("synthetic://images?target=output", "target must be input, or be left out"),
        ("file://", "must name a path"),
        ("file://csv/", "must name a path"),
        ("file:///a%00b", "must name a path"),
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
        ("builtin://digits", DatasetFacts((8, 8, 1), 1_797, classes=10, target_shape=())),
        ("builtin://digits?target=input", DatasetFacts((8, 8, 1), 1_797, outputs=64, target_shape=(8, 8, 1))),
        (
            "synthetic://regression?samples=5&features=2&outputs=3",
            DatasetFacts((2,), 5, outputs=3, target_shape=(3,)),
        ),
        ("synthetic://images?samples=5&height=2&width=3", DatasetFacts((2, 3, 1), 5, classes=10, target_shape=())),
        (
            "synthetic://images?samples=5&height=2&width=3&target=input",
            DatasetFacts((2, 3, 1), 5, outputs=6, target_shape=(2, 3, 1)),
        ),
        ("synthetic://sequences?samples=5&length=4&features=2", DatasetFacts((4, 2), 5, classes=4, target_shape=())),
        (
            "synthetic://tokens?samples=5&length=4",
            DatasetFacts((4,), 5, classes=2, target_shape=(), has_tokens=True, tokens=64),
        ),
        (
            "synthetic://tokens?samples=5&length=4&classes=0",
            DatasetFacts((4,), 5, classes=64, target_shape=(4,), has_tokens=True, tokens=64),
        ),
        (
            "synthetic://pairs?samples=5&length=4",
            DatasetFacts((4,), 5, 32, target_shape=(4,), has_tokens=True, tokens=32, more_input_shapes=((4,),)),
        ),
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
