"""Draws messages of any type from its descriptor: odd texts, numbers from the ends of their range, names that exist.

It knows no service; which names exist, and which messages are honest, it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

from tests.hostile.mutation import Mutation, intact, mutations

ODD_TEXTS = (
    *("", " ", "x", "../x", "a\x00b", "\x1b]0;t\x07\x1b[2J", "\u202egnp.exe", "é" * 300, "n" * 70_000, "9" * 400),
    *("<script>alert(1)</script>", "'; DROP TABLE jobs; --", "%s%n{0}", "nan", "-1", "1e999", "[" * 3000, "\ufffe"),
    *("artifact://sha256:" + "a" * 64, "file:///etc/passwd", "builtin://digits", "https://127.0.0.1/x", "Bearer x"),
)
_WHOLE = {32: (0, 1, 7, -1, 2**31 - 1, -(2**31)), 64: (0, 1, 7, -1, 2**31, 2**53, 2**63 - 1, -(2**63))}
_NATURAL = {32: (0, 1, 2**31, 2**32 - 1), 64: (0, 1, 2**53, 2**64 - 1)}
_REALS = (0.0, -0.0, 1.0, -1.0, 1e-300, 1e300, float("inf"), float("-inf"), float("nan"))
_LETTERS = "aZ09 _-./:;\\\"'{}[]()<>&%$#@!?*=+,~`|^\n\r\t\x00\x07\x1b\x7f\x85é\u200b\u202e\ufeff\U0001f600"
"""Drawn from a list: the whole of Unicode takes seconds to prepare."""
DEEPEST = 4
MOST_FIELDS = 8

Kind = FieldDescriptor


class Drawing:
    """Strategies for one server.

    Args:
        known: names that exist there, so that what is drawn gets past the first look-up.
        honest: messages that would be accepted, by their type's full name; drawn ones are merged into them.
    """

    def __init__(self, known: Sequence[str], honest: Sequence[Message]) -> None:
        self._texts = st.sampled_from([*ODD_TEXTS, *known, *known]) | st.text(_LETTERS, max_size=20)
        self._honest: Mapping[str, list[Message]] = {
            one.DESCRIPTOR.full_name: [other for other in honest if type(other) is type(one)] for one in honest
        }

    def requests(self, kind: Descriptor) -> st.SearchStrategy[bytes]:
        """Return what draws bytes for a method that takes `kind`: messages, mutated messages, and any bytes at all."""
        messages = self.messages(kind)
        return st.one_of(
            messages.map(lambda message: message.SerializeToString()),
            st.builds(_mutated, messages, mutations | intact),
            st.binary(max_size=200),
        )

    @st.composite
    @staticmethod
    def _message(draw: st.DrawFn, drawing: Drawing, kind: Descriptor, depth: int) -> Message:
        message = GetMessageClass(kind)()
        honest = drawing._honest.get(kind.full_name)
        if honest and draw(st.booleans()):
            message.CopyFrom(draw(st.sampled_from(honest)))
        fields = list(kind.fields)
        chosen = (
            draw(st.lists(st.sampled_from(fields), max_size=MOST_FIELDS, unique_by=lambda f: f.number))
            if fields
            else []
        )
        for field in chosen:
            drawing._fill(draw, message, field, depth)
        return message

    def messages(self, kind: Descriptor, depth: int = 0) -> st.SearchStrategy[Message]:
        """Return what draws messages of `kind`."""
        return Drawing._message(self, kind, depth)

    def _fill(self, draw: st.DrawFn, message: Message, field: FieldDescriptor, depth: int) -> None:
        inner = field.message_type
        if inner is not None and inner.GetOptions().map_entry:
            self._fill_map(draw, getattr(message, field.name), inner, depth)
        elif inner is not None and depth >= DEEPEST:
            return
        elif field.is_repeated:
            values = draw(st.lists(self._values(field, depth), max_size=3)) * draw(st.sampled_from([1, 1, 1, 300]))
            getattr(message, field.name).extend(values)
        elif inner is not None:
            getattr(message, field.name).MergeFrom(draw(self._values(field, depth)))
        else:
            setattr(message, field.name, draw(self._values(field, depth)))

    def _fill_map(self, draw: st.DrawFn, values: Any, entry: Descriptor, depth: int) -> None:
        key, value = (entry.fields_by_name[name] for name in ("key", "value"))
        for one in draw(st.lists(self._values(key, depth), max_size=3)):
            if value.message_type is not None:
                values[one].MergeFrom(draw(self._values(value, depth)))
            else:
                values[one] = draw(self._values(value, depth))

    def _values(self, field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
        if field.message_type is not None:
            return self.messages(field.message_type, depth + 1)
        if field.type == Kind.TYPE_STRING:
            return self._texts
        if field.enum_type is not None:
            known = [value.number for value in field.enum_type.values]
            return st.sampled_from([*known, -1, 77, 2**31 - 1])
        return _SCALARS[field.type]()


def _mutated(message: Message, mutation: Mutation) -> bytes:
    return mutation.applied_to(message.SerializeToString())


def _one_of(values: Sequence[Any]) -> Callable[[], st.SearchStrategy[Any]]:
    return lambda: st.sampled_from(values)


_SCALARS: Mapping[int, Callable[[], st.SearchStrategy[Any]]] = {
    **dict.fromkeys((Kind.TYPE_INT32, Kind.TYPE_SINT32, Kind.TYPE_SFIXED32), _one_of(_WHOLE[32])),
    **dict.fromkeys((Kind.TYPE_INT64, Kind.TYPE_SINT64, Kind.TYPE_SFIXED64), _one_of(_WHOLE[64])),
    **dict.fromkeys((Kind.TYPE_UINT32, Kind.TYPE_FIXED32), _one_of(_NATURAL[32])),
    **dict.fromkeys((Kind.TYPE_UINT64, Kind.TYPE_FIXED64), _one_of(_NATURAL[64])),
    **dict.fromkeys((Kind.TYPE_DOUBLE, Kind.TYPE_FLOAT), _one_of(_REALS)),
    Kind.TYPE_BOOL: st.booleans,
    Kind.TYPE_BYTES: lambda: st.sampled_from([b"", b"x", b"\xff" * 70_000, b"\x00"]) | st.binary(max_size=20),
}
