"""NodeDiscoveryService: which nodes there are and what hardware they have. It reads the read model and changes nothing.

What we do not measure (prices, stakes, ratings, reputation, regions) is left unset, and a filter that asks for more
than nothing of it finds no node. `compute_score` is the sum of the compute units of a node's devices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from central_server.read_model import ReadModel
from central_server.requests.caller import Caller
from central_server.rpc.node_info import node_info
from central_server.rpc.paging import page_size_asked, position_in, token_for
from central_server.views import NodeView, view_nodes
from shared.errors import InvalidField, NotFound
from shared.pb import common_pb2, node_pb2

_Info = node_pb2.NodeInfo
_SortBy = node_pb2.FindNodesRequest.SortBy


class DiscoveryService:
    """The three rpcs."""

    def __init__(self, read_model: ReadModel) -> None:
        self._read_model = read_model

    async def find(self, request: node_pb2.FindNodesRequest, _caller: Caller) -> node_pb2.FindNodesResponse:
        """Return nodes that are here and have what is asked for, the best first."""
        _check_device(request.required_device, "required_device")
        order = _order(request.sort_by)
        if request.max_results < 0:
            raise InvalidField(f"max_results must be >= 0, got {request.max_results}", field="max_results")
        found = [info for info in self._infos() if info.is_online and _has_what_is_asked(info, request)]
        found.sort(key=lambda info: (info.region != request.preferred_region, *order(info)))
        given = found[: request.max_results] if request.max_results else found
        return node_pb2.FindNodesResponse(nodes=given, total_matching=len(found))

    async def list_nodes(self, request: node_pb2.ListNodesRequest, _caller: Caller) -> node_pb2.ListNodesResponse:
        """Return one page of all nodes ever seen."""
        _check_device(request.filter_device, "filter_device")
        order = _order(request.sort_by)
        filters = (
            f"{request.online_only}\n{request.filter_device}\n{request.filter_region}\n"
            f"{request.sort_by}\n{request.sort_descending}"
        )
        infos = [info for info in self._infos() if _is_listed(info, request)]
        infos.sort(key=lambda info: (*order(info), info.node_id), reverse=request.sort_descending)
        start = _start(infos, position_in(request.page_token, filters))
        page = infos[start : start + page_size_asked(request.page_size)]
        has_more = start + len(page) < len(infos)
        return node_pb2.ListNodesResponse(
            nodes=page,
            next_page_token=token_for(page[-1].node_id, filters) if has_more else "",
            total_count=len(infos),
            online_count=sum(info.is_online for info in infos),
            network_total_compute=sum(info.compute_score for info in infos if info.is_online),
        )

    async def info(self, request: node_pb2.GetNodeInfoRequest, _caller: Caller) -> node_pb2.GetNodeInfoResponse:
        """Return one node."""
        if not request.node_id:
            raise InvalidField("node_id is missing: say which node", field="node_id")
        view = next((view for view in self._views() if view.record.node_id == request.node_id), None)
        if view is None:
            raise NotFound(
                f"there is no node {request.node_id[:128]!r}; 'cyxwiz nodes' shows those there are", field="node_id"
            )
        return node_pb2.GetNodeInfoResponse(info=node_info(view))

    def _views(self) -> Iterable[NodeView]:
        return view_nodes(self._read_model)

    def _infos(self) -> list[_Info]:
        return [node_info(view) for view in self._views()]


def _check_device(device_type: int, field: str) -> None:
    if device_type not in common_pb2.DeviceType.values():
        raise InvalidField(f"{field} must be a DeviceType, got {device_type}", field=field)


def _order(sort_by: int) -> Callable[[_Info], tuple[float | str, ...]]:
    """Return the key by which the better node comes first; ties go by id."""
    orders: dict[int, Callable[[_Info], tuple[float | str, ...]]] = {
        _SortBy.SORT_BY_PRICE: lambda info: (info.node_id,),
        _SortBy.SORT_BY_PERFORMANCE: lambda info: (-info.compute_score, info.node_id),
        _SortBy.SORT_BY_REPUTATION: lambda info: (-info.reputation_score, info.node_id),
        _SortBy.SORT_BY_AVAILABILITY: lambda info: (-_free_slots(info), info.node_id),
    }
    if sort_by not in orders:
        raise InvalidField(f"sort_by must be one of 0 to {len(orders) - 1}, got {sort_by}", field="sort_by")
    return orders[sort_by]


def _free_slots(info: _Info) -> int:
    return info.slots - len(info.attempts) if info.is_online else -1


def _has_what_is_asked(info: _Info, request: node_pb2.FindNodesRequest) -> bool:
    devices = [device for device in info.devices if _is_of(device, request.required_device)]
    most_memory = max((device.memory_total for device in devices), default=0)
    most_vram = max((device.vram_total for device in info.devices), default=0)
    return (
        bool(devices)
        and most_memory >= request.min_memory
        and most_vram >= request.min_vram
        and info.compute_score >= request.min_compute_score
        and info.reputation_score >= request.min_reputation
        and (not request.allowed_regions or info.region in request.allowed_regions)
        and not (info.region and info.region in request.blocked_regions)
    )


def _is_listed(info: _Info, request: node_pb2.ListNodesRequest) -> bool:
    return (
        (info.is_online or not request.online_only)
        and (not request.filter_device or any(_is_of(device, request.filter_device) for device in info.devices))
        and (not request.filter_region or info.region == request.filter_region)
    )


def _is_of(device: common_pb2.DeviceCaps, device_type: int) -> bool:
    return device_type in {common_pb2.DEVICE_UNKNOWN, device.device_type}


def _start(infos: list[_Info], after_node_id: str) -> int:
    if not after_node_id:
        return 0
    places = {info.node_id: place for place, info in enumerate(infos)}
    if after_node_id not in places:
        raise InvalidField("page_token names a node that is not listed any more; begin anew", field="page_token")
    return places[after_node_id] + 1
