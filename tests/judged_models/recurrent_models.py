"""Models of sequences without attention: recurrent, bidirectional, convolutional over time, mixing."""

from __future__ import annotations

from tests.judged_models.counts import conv, dense, gru, lstm, norm, rnn
from tests.judged_models.drawing import Drawing
from tests.judged_models.judged_model import JudgedModel

_SEQUENCES = "synthetic://sequences?length=12&features=6&classes=4&seed=5"
_TOKENS = "synthetic://tokens?length=12&vocab=40&classes=3&seed=5"
_NEXT = "synthetic://tokens?length=12&vocab=40&classes=0&seed=5"
_PAIRS = "synthetic://pairs?length=8&vocab=20&seed=5"


def lstm_classifier() -> JudgedModel:
    """The last state of one LSTM, without a word about sequences."""
    d = Drawing()
    data = d.data("[12, 6]")
    last = d.put("Dense", d.put("LSTM", data, units=16), units=4)
    return JudgedModel("lstm", d.end(last, data), _SEQUENCES, (12, 6), (4,), lstm(6, 16) + dense(16, 4))


def stacked_lstm() -> JudgedModel:
    """Two layers in one node, dropout between them."""
    d = Drawing()
    data = d.data("[12, 6]")
    inner = d.put("LSTM", data, hidden_size=16, num_layers=2, dropout="0.1", return_sequences="false")
    count = lstm(6, 16) + lstm(16, 16) + dense(16, 4)
    return JudgedModel("stacked_lstm", d.end(d.put("Dense", inner, units=4), data), _SEQUENCES, (12, 6), (4,), count)


def stacked_gru() -> JudgedModel:
    """Two nodes, the first gives its whole sequence."""
    d = Drawing(pins="opaque")
    data = d.data("[12, 6]")
    first = d.put("GRU", data, units=12, return_sequences=True)
    last = d.put("Dense", d.put("GRU", first, hidden_size=10), units=4)
    count = gru(6, 12) + gru(12, 10) + dense(10, 4)
    return JudgedModel("stacked_gru", d.end(last, data), _SEQUENCES, (12, 6), (4,), count)


def default_gru() -> JudgedModel:
    """Nothing is said: the designer's 256 units."""
    d = Drawing()
    data = d.data("[12, 6]")
    last = d.put("Dense", d.put("GRU", data), units=4)
    return JudgedModel("default_gru", d.end(last, data), _SEQUENCES, (12, 6), (4,), gru(6, 256) + dense(256, 4))


def bidirectional_gru() -> JudgedModel:
    """A flag makes it read both ways."""
    d = Drawing()
    data = d.data("[12, 6]")
    last = d.put("Dense", d.put("GRU", data, units=8, bidirectional="true"), units=4)
    return JudgedModel("bidirectional_gru", d.end(last, data), _SEQUENCES, (12, 6), (4,), 2 * gru(6, 8) + dense(16, 4))


def elman() -> JudgedModel:
    """The plain recurrence with tanh."""
    d = Drawing()
    data = d.data("[12, 6]")
    last = d.put("Dense", d.put("RNN", data, units=16, activation="tanh", return_sequences="False"), units=4)
    return JudgedModel(
        "elman", d.end(last, data, optimizer="RMSprop"), _SEQUENCES, (12, 6), (4,), rnn(6, 16) + dense(16, 4)
    )


def bilstm_tagger() -> JudgedModel:
    """A token's class at every position: embedding, bi-LSTM, dense at each step."""
    d = Drawing()
    data = d.data("[12]")
    words = d.put("Embedding", data, num_embeddings=40, embedding_dim=8)
    both = d.put("Bidirectional", words, units=8, layer_type="LSTM", merge_mode="concat", return_sequences=True)
    last = d.put("TimeDistributed", both, units=40)
    count = 40 * 8 + 2 * lstm(8, 8) + dense(16, 40)
    return JudgedModel("bilstm_tagger", d.end(last, data), _NEXT, (12,), (12, 40), count)


def bilstm_classifier() -> JudgedModel:
    """Embedding, bi-LSTM, the last states, dense."""
    d = Drawing(pins="opaque")
    data = d.data("[12]")
    words = d.put("Embedding", data, vocab_size=40, embedding_dim=8)
    last = d.chain(words, ("Bidirectional", {"units": 8}), ("Dropout", {"rate": "0.1"}), ("Dense", {"units": 3}))
    count = 40 * 8 + 2 * lstm(8, 8) + dense(16, 3)
    return JudgedModel("bilstm", d.end(last, data), _TOKENS, (12,), (3,), count)


def bidirectional_sum() -> JudgedModel:
    """Both ways of a GRU, added up."""
    d = Drawing()
    data = d.data("[12, 6]")
    last = d.put("Dense", d.put("Bidirectional", data, units=8, layer_type="GRU", merge_mode="sum"), units=4)
    return JudgedModel("bidirectional_sum", d.end(last, data), _SEQUENCES, (12, 6), (4,), 2 * gru(6, 8) + dense(8, 4))


def language_model() -> JudgedModel:
    """The next token at every position, by an LSTM and a Dense for each step."""
    d = Drawing()
    data = d.data("[12]")
    words = d.put("Embedding", data, vocab_size=40, embedding_dim=8)
    last = d.put("Dense", d.put("LSTM", words, units=16, return_sequences=True), units=40)
    count = 40 * 8 + lstm(8, 16) + dense(16, 40)
    return JudgedModel("lstm_language_model", d.end(last, data), _NEXT, (12,), (12, 40), count)


def sequence_to_sequence() -> JudgedModel:
    """An encoder's last states begin the decoder, which is fed its target (Sutskever 2014)."""
    d = Drawing()
    source = d.data("[8]", name="source")
    target = d.data("[8]", name="target")
    encoder = d.put("LSTM", d.put("Embedding", source, vocab_size=20, embedding_dim=8), units=16, return_state=True)
    decoder = d.put("LSTM", d.put("Embedding", target, vocab_size=20, embedding_dim=8), units=16, return_sequences=True)
    d.link((encoder, 1), decoder, 1)
    d.link((encoder, 2), decoder, 2)
    last = d.put("Dense", decoder, units=20)
    d.put("Output", last, classes=20)
    d.put("Adam", d.put("CrossEntropyLoss", last), learning_rate="0.003")
    count = 2 * 20 * 8 + 2 * lstm(8, 16) + dense(16, 20)
    return JudgedModel("sequence_to_sequence", d.saved(), _PAIRS, (2, 8), (8, 20), count)


def text_cnn() -> JudgedModel:
    """Kim 2014: windows of three lengths over words, the greatest of each."""
    d = Drawing()
    data = d.data("[12]")
    words = d.put("Embedding", data, vocab_size=40, embedding_dim=8)
    roads = [
        d.put("GlobalMaxPool", d.put("Conv1D", words, filters=6, kernel_size=size, activation="relu", padding="valid"))
        for size in (3, 4, 5)
    ]
    last = d.put("Dense", d.put("Dropout", d.put("Concatenate", *roads, dim=1), rate="0.1"), units=3)
    count = 40 * 8 + sum(conv(size, 8, 6, axes=1) for size in (3, 4, 5)) + dense(18, 3)
    return JudgedModel("text_cnn", d.end(last, data), _TOKENS, (12,), (3,), count)


def temporal_convolution() -> JudgedModel:
    """Residual convolutions over time, a norm behind each, and a shortcut of one by one."""
    d = Drawing()
    data = d.data("[12, 6]")
    inner = d.chain(
        data,
        ("Conv1D", {"filters": 8, "kernel_size": 3}),
        ("BatchNorm", {}),
        ("ReLU", {}),
        ("Conv1D", {"filters": 8, "kernel_size": 3}),
        ("LayerNorm", {"normalized_shape": "[8]"}),
    )
    joined = d.put("ReLU", d.put("Add", inner, d.put("Conv1D", data, filters=8, kernel_size=1)))
    last = d.put("Dense", d.put("GlobalAvgPool", joined), units=4)
    count = conv(3, 6, 8, axes=1) + conv(3, 8, 8, axes=1) + conv(1, 6, 8, axes=1) + 2 * norm(8) + dense(8, 4)
    return JudgedModel("temporal_convolution", d.end(last, data), _SEQUENCES, (12, 6), (4,), count)


def convolution_then_lstm() -> JudgedModel:
    """A convolution shortens the sequence, an LSTM reads it."""
    d = Drawing()
    data = d.data("[12, 6]")
    last = d.chain(
        data,
        ("Conv1D", {"filters": 8, "kernel_size": 4, "stride": 2, "activation": "relu"}),
        ("LSTM", {"units": 8}),
        ("Dense", {"units": 4}),
    )
    count = conv(4, 6, 8, axes=1) + lstm(8, 8) + dense(8, 4)
    return JudgedModel("convolution_then_lstm", d.end(last, data), _SEQUENCES, (12, 6), (4,), count)


def gated_convolution() -> JudgedModel:
    """WaveNet's gate: a tanh road times a sigmoid road, and a residual."""
    d = Drawing()
    data = d.data("[12, 6]")
    stem = d.put("Conv1D", data, filters=8, kernel_size=1)
    gate = d.put("Sigmoid", d.put("Conv1D", stem, filters=8, kernel_size=2))
    value = d.put("Tanh", d.put("Conv1D", stem, filters=8, kernel_size=2))
    joined = d.put("Add", stem, d.put("Conv1D", d.put("Multiply", value, gate), filters=8, kernel_size=1))
    last = d.put("Dense", d.put("GlobalMaxPool", joined), units=4)
    count = conv(1, 6, 8, axes=1) + 2 * conv(2, 8, 8, axes=1) + conv(1, 8, 8, axes=1) + dense(8, 4)
    return JudgedModel("gated_convolution", d.end(last, data), _SEQUENCES, (12, 6), (4,), count)


def mixer() -> JudgedModel:
    """MLP-Mixer's block: dense layers over positions (turned round) and over channels, with residuals."""
    d = Drawing()
    data = d.data("[12, 6]")
    turned = d.put("Permute", d.put("LayerNorm", data), dims="[0, 2, 1]")
    mixed = d.put("TimeDistributed", d.put("GELU", d.put("TimeDistributed", turned, units=10)), units=12)
    tokens = d.put("Add", data, d.put("Permute", mixed, dims="[0, 2, 1]"))
    inner = d.put("TimeDistributed", d.put("LayerNorm", tokens), units=16)
    channels = d.put("Add", tokens, d.put("TimeDistributed", d.put("GELU", inner), units=6))
    last = d.put("Dense", d.put("GlobalAvgPool", channels), units=4)
    count = 2 * norm(6) + dense(12, 10) + dense(10, 12) + dense(6, 16) + dense(16, 6) + dense(6, 4)
    return JudgedModel("mixer", d.end(last, data), _SEQUENCES, (12, 6), (4,), count)


def autoencoder_of_sequences() -> JudgedModel:
    """An LSTM gives the whole sequence, a Dense at each step gives the input back."""
    d = Drawing()
    data = d.data("[12, 6]")
    last = d.put("TimeDistributed", d.put("LSTM", data, units=8, return_sequences="true"), units=6)
    target = _SEQUENCES + "&target=input"
    count = lstm(6, 8) + dense(8, 6)
    return JudgedModel("sequence_autoencoder", d.end(last, data, "MSELoss"), target, (12, 6), (12, 6), count)


def rows_of_an_image() -> JudgedModel:
    """An LSTM reads a grey image row by row, as its input is declared."""
    d = Drawing()
    data = d.data("[8, 8]")
    last = d.put("Dense", d.put("LSTM", data, units=8), units=4)
    dataset = "synthetic://images?height=8&width=8&channels=1&classes=4&seed=5"
    return JudgedModel("lstm_of_rows", d.end(last, data), dataset, (8, 8, 1), (4,), lstm(8, 8) + dense(8, 4))


RECURRENT_MODELS = (
    rows_of_an_image(),
    lstm_classifier(),
    stacked_lstm(),
    stacked_gru(),
    default_gru(),
    bidirectional_gru(),
    elman(),
    bilstm_tagger(),
    bilstm_classifier(),
    bidirectional_sum(),
    language_model(),
    sequence_to_sequence(),
    text_cnn(),
    temporal_convolution(),
    convolution_then_lstm(),
    gated_convolution(),
    mixer(),
    autoencoder_of_sequences(),
)
