"""Models with attention: encoders, decoders, both together, linear attention, images as patches."""

from __future__ import annotations

from tests.judged_models.counts import attention, conv, decoder_block, dense, encoder_block, norm
from tests.judged_models.drawing import Drawing
from tests.judged_models.judged_model import JudgedModel

_TOKENS = "synthetic://tokens?length=12&vocab=40&classes=3&seed=6"
_NEXT = "synthetic://tokens?length=12&vocab=40&classes=0&seed=6"
_PAIRS = "synthetic://pairs?length=8&vocab=20&seed=6"


def encoder_classifier() -> JudgedModel:
    """Embedding, sinusoidal positions, two encoder blocks, mean over positions, dense."""
    d = Drawing()
    data = d.data("[12]")
    words = d.put("Embedding", data, vocab_size=40, embedding_dim=16)
    placed = d.put("PositionalEncoding", words, max_seq_len=64, d_model=16, dropout="0.1")
    read = d.put("TransformerEncoder", placed, d_model=16, num_heads=4, ff_dim=32, num_layers=2, dropout="0.1")
    last = d.put("Dense", d.put("GlobalAvgPool", read), units=3)
    count = 40 * 16 + 2 * encoder_block(16, 32) + dense(16, 3)
    return JudgedModel("transformer_encoder", d.end(last, data), _TOKENS, (12,), (3,), count)


def bert() -> JudgedModel:
    """Learned positions, a norm on the embedding, blocks under the other names of their parameters."""
    d = Drawing(pins="opaque")
    data = d.data("[12]")
    words = d.put("Embedding", data, num_embeddings=40, embedding_dim=16)
    placed = d.put("PositionalEncoding", words, max_len=12, embed_dim=16, learned="true")
    normed = d.put("Dropout", d.put("LayerNorm", placed, normalized_shape="[16]", epsilon="1e-12"), rate="0.1")
    read = d.put("TransformerEncoder", normed, d_model=16, nhead=2, dim_feedforward=64, num_layers=2)
    last = d.put("Dense", read, units=40)
    count = 40 * 16 + 12 * 16 + norm(16) + 2 * encoder_block(16, 64) + dense(16, 40)
    return JudgedModel("bert", d.end(last, data), _NEXT, (12,), (12, 40), count)


def gpt() -> JudgedModel:
    """A decoder without a memory: causal self-attention, the next token at every position."""
    d = Drawing()
    data = d.data("[12]")
    words = d.put("Embedding", data, vocab_size=40, embedding_dim=16)
    placed = d.put("PositionalEncoding", words, max_len=12, learned=True)
    read = d.put("TransformerDecoder", placed, d_model=16, num_heads=4, ff_dim=64, num_layers=2, dropout="0.0")
    last = d.put("Dense", d.put("LayerNorm", read), units=40, use_bias="false")
    count = 40 * 16 + 12 * 16 + 2 * encoder_block(16, 64) + norm(16) + dense(16, 40, bias=False)
    return JudgedModel("gpt", d.end(last, data, optimizer="AdamW"), _NEXT, (12,), (12, 40), count)


def translator() -> JudgedModel:
    """Encoder and decoder as blocks; the decoder reads the encoder's memory (Vaswani 2017)."""
    d = Drawing()
    source, target = d.data("[8]", name="source"), d.data("[8]", name="target")
    read = d.put("PositionalEncoding", d.put("Embedding", source, vocab_size=20, embedding_dim=16), d_model=16)
    memory = d.put("TransformerEncoder", read, d_model=16, nhead=2, dim_feedforward=32, num_layers=1)
    known = d.put("PositionalEncoding", d.put("Embedding", target, vocab_size=20, embedding_dim=16), d_model=16)
    told = d.put("TransformerDecoder", known, memory, d_model=16, nhead=2, dim_feedforward=32, num_layers=2)
    last = d.put("Dense", told, units=20)
    d.put("Output", last, classes=20)
    d.put("Adam", d.put("CrossEntropyLoss", last), learning_rate="0.003")
    count = 2 * 20 * 16 + encoder_block(16, 32) + 2 * decoder_block(16, 32) + dense(16, 20)
    return JudgedModel("translator", d.saved(), _PAIRS, (2, 8), (8, 20), count)


def cross_attending() -> JudgedModel:
    """The same by hand: self-attention, cross-attention with each of its pins linked, residuals and norms."""
    d = Drawing()
    source, target = d.data("[8]", name="source"), d.data("[8]", name="target")
    memory = d.put("Embedding", source, vocab_size=20, embedding_dim=16)
    known = d.put("Embedding", target, vocab_size=20, embedding_dim=16)
    own = d.put("SelfAttention", known, embed_dim=16, num_heads=2, causal="true")
    one = d.put("LayerNorm", d.put("Add", known, own))
    crossed = d.put("CrossAttention", one, memory, memory, embed_dim=16, num_heads=4, batch_first="true")
    two = d.put("LayerNorm", d.put("Add", one, crossed))
    last = d.put("Dense", two, units=20)
    d.put("Output", last)
    d.put("Adam", d.put("CrossEntropyLoss", last), learning_rate="0.003")
    count = 2 * 20 * 16 + 2 * attention(16) + 2 * norm(16) + dense(16, 20)
    return JudgedModel("cross_attending", d.saved(), _PAIRS, (2, 8), (8, 20), count)


def linear_transformer() -> JudgedModel:
    """Katharopoulos 2020: linear attention in pre-norm blocks drawn by hand."""
    d = Drawing()
    data = d.data("[12]")
    last = d.put("PositionalEncoding", d.put("Embedding", data, vocab_size=40, embedding_dim=16), max_len=32)
    for _ in range(2):
        seen = d.put(
            "LinearAttention",
            d.put("LayerNorm", last),
            embed_dim=16,
            num_heads=4,
            feature_map="elu",
            eps="1e-6",
            causal="false",
        )
        last = d.put("Add", last, seen)
        inner = d.put("TimeDistributed", d.put("LayerNorm", last), units=32)
        last = d.put("Add", last, d.put("TimeDistributed", d.put("GELU", inner), units=16))
    last = d.put("Dense", d.put("GlobalAvgPool", last), units=3)
    count = 40 * 16 + 2 * encoder_block(16, 32) + dense(16, 3)
    return JudgedModel("linear_transformer", d.end(last, data), _TOKENS, (12,), (3,), count)


def causal_linear_transformer() -> JudgedModel:
    """The causal form, next tokens, the three inputs of attention linked from one node."""
    d = Drawing()
    data = d.data("[12]")
    words = d.put("Embedding", data, vocab_size=40, embedding_dim=16)
    seen = d.put("LinearAttention", words, words, words, d_model=16, num_heads=2, causal="true")
    last = d.put("Dense", d.put("Add", words, seen), units=40)
    count = 40 * 16 + attention(16) + dense(16, 40)
    return JudgedModel("causal_linear_transformer", d.end(last, data), _NEXT, (12,), (12, 40), count)


def encoder_by_hand() -> JudgedModel:
    """An encoder block of its parts: multi-head attention with three links, norms, two dense layers per position."""
    d = Drawing()
    data = d.data("[12]")
    words = d.put("PositionalEncoding", d.put("Embedding", data, vocab_size=40, embedding_dim=16))
    seen = d.put("MultiHeadAttention", words, words, words, embed_dim=16, num_heads=4, dropout="0.1")
    one = d.put("LayerNorm", d.put("Add", words, seen))
    inner = d.put("ReLU", d.put("Dense", one, units=32))
    two = d.put("LayerNorm", d.put("Add", one, d.put("Dense", inner, units=16)))
    last = d.put("Dense", d.put("GlobalMaxPool", two), units=3)
    count = 40 * 16 + encoder_block(16, 32) + dense(16, 3)
    return JudgedModel("encoder_by_hand", d.end(last, data), _TOKENS, (12,), (3,), count)


def vit(
    name: str = "vit",
    *,
    size: int = 16,
    patch: int = 4,
    width: int = 16,
    depth: int = 2,
    classes: int = 4,
    is_light: bool = True,
) -> JudgedModel:
    """Patches by a strided convolution, seen as a sequence, learned positions, encoder, mean over patches."""
    d = Drawing()
    data = d.data(f"[{size}, {size}, 3]")
    patches = d.put("Conv2D", data, filters=width, kernel_size=patch, stride=patch, padding="valid")
    places = (size // patch) ** 2
    row = d.put("Reshape", patches, shape=f"[{places}, {width}]")
    placed = d.put("PositionalEncoding", row, max_len=places, learned="true")
    read = d.put("TransformerEncoder", placed, d_model=width, num_heads=4, ff_dim=4 * width, num_layers=depth)
    last = d.put("Dense", d.put("GlobalAvgPool", d.put("LayerNorm", read)), units=classes)
    count = conv(patch, 3, width) + places * width + depth * encoder_block(width, 4 * width) + norm(width)
    dataset = f"synthetic://images?height={size}&width={size}&channels=3&classes={classes}&seed=6"
    return JudgedModel(
        name,
        d.end(last, data),
        dataset,
        (size, size, 3),
        (classes,),
        count + dense(width, classes),
        {},
        is_light=is_light,
    )


def attention_over_lstm() -> JudgedModel:
    """An LSTM's sequence attends to itself, and what comes is pooled."""
    d = Drawing()
    data = d.data("[12, 6]")
    read = d.put("LSTM", data, units=16, return_sequences="true")
    last = d.put("Dense", d.put("GlobalAvgPool", d.put("SelfAttention", read, num_heads=2)), units=4)
    count = 4 * (6 * 16 + 16 * 16 + 16) + attention(16) + dense(16, 4)
    dataset = "synthetic://sequences?length=12&features=6&classes=4&seed=6"
    return JudgedModel("attention_over_lstm", d.end(last, data), dataset, (12, 6), (4,), count)


ATTENTION_MODELS = (
    encoder_classifier(),
    bert(),
    gpt(),
    translator(),
    cross_attending(),
    linear_transformer(),
    causal_linear_transformer(),
    encoder_by_hand(),
    vit(),
    attention_over_lstm(),
)
TRUE_SIZE_ATTENTION_MODELS = (vit("vit_b16", size=224, patch=16, width=768, depth=12, classes=1000, is_light=False),)
