"""The Kubernetes manifests: whole, joined to each other and to the images, and guarded; kubectl is not needed.

It stands in for what `kubectl apply --dry-run=server` would say, and for an admission policy: every name that one
object uses of another is there, and every command is one that our programs take.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from central_server.main import _parser as central_parser
from server_node.settings import settings_from_arguments
from tests.deployment.compose_file import REPOSITORY, read_compose_file

_BASE = REPOSITORY / "examples/kubernetes/base"
_GPU = REPOSITORY / "examples/kubernetes/overlays/gpu"
_API_VERSIONS = {
    "Namespace": "v1",
    "Service": "v1",
    "PersistentVolumeClaim": "v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
}


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment or StatefulSet, and the parts of it that are asked about."""

    name: str
    spec: dict[str, Any]

    @property
    def labels(self) -> dict[str, str]:
        labels: dict[str, str] = self.spec["template"]["metadata"]["labels"]
        return labels

    @property
    def pod(self) -> dict[str, Any]:
        pod: dict[str, Any] = self.spec["template"]["spec"]
        return pod

    @property
    def container(self) -> dict[str, Any]:
        (container,) = self.pod["containers"]
        assert isinstance(container, dict)
        return container


def kustomization(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((folder / "kustomization.yaml").read_text())
    return loaded


def objects() -> Iterator[dict[str, Any]]:
    for name in kustomization(_BASE)["resources"]:
        yield from yaml.safe_load_all((_BASE / name).read_text())


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in objects() if each["kind"] == kind}


_WORKLOADS = [
    Workload(name, each["spec"]) for kind in ("Deployment", "StatefulSet") for name, each in of_kind(kind).items()
]
_EACH_WORKLOAD = pytest.mark.parametrize("workload", _WORKLOADS, ids=[workload.name for workload in _WORKLOADS])


@pytest.mark.parametrize("folder", [_BASE, _GPU], ids=["base", "gpu"])
def test_a_kustomization_names_every_file_beside_it_and_no_other(folder: Path) -> None:
    said = kustomization(folder)
    assert (said["apiVersion"], said["kind"]) == ("kustomize.config.k8s.io/v1beta1", "Kustomization")
    named = [*said["resources"], *(patch["path"] for patch in said.get("patches", []))]
    assert all((folder / name).exists() for name in named)
    assert {path.name for path in folder.iterdir()} - {"kustomization.yaml"} == {n for n in named if "/" not in n}


def test_every_object_is_of_a_kind_and_version_that_exist() -> None:
    for each in objects():
        assert each["apiVersion"] == _API_VERSIONS[each["kind"]], each["metadata"]["name"]
    assert of_kind("Namespace").keys() == {kustomization(_BASE)["namespace"]}


@_EACH_WORKLOAD
def test_a_workload_selects_its_own_pods(workload: Workload) -> None:
    assert workload.spec["selector"]["matchLabels"].items() <= workload.labels.items()


def test_every_service_and_policy_selects_pods_of_a_workload_by_ports_that_they_have() -> None:
    for service in of_kind("Service").values():
        (chosen,) = [w for w in _WORKLOADS if service["spec"]["selector"].items() <= w.labels.items()]
        ports = {port["name"]: port["containerPort"] for port in chosen.container.get("ports", [])}
        for port in service["spec"].get("ports", []):
            assert ports[port["targetPort"]] == port["port"]
    for policy in of_kind("NetworkPolicy").values():
        chosen_labels = policy["spec"]["podSelector"]["matchLabels"]
        assert [w.name for w in _WORKLOADS if chosen_labels.items() <= w.labels.items()] == [policy["metadata"]["name"]]


def test_every_workload_has_a_network_policy() -> None:
    assert of_kind("NetworkPolicy").keys() == {workload.name for workload in _WORKLOADS}


@_EACH_WORKLOAD
def test_a_pod_meets_the_restricted_standard(workload: Workload) -> None:
    pod, container = workload.pod["securityContext"], workload.container["securityContext"]
    assert (pod["runAsNonRoot"], pod["runAsUser"], pod["fsGroup"]) == (True, 10001, 10001)  # the Dockerfile's user
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert workload.pod["automountServiceAccountToken"] is False


@_EACH_WORKLOAD
def test_a_pod_asks_for_what_it_needs_and_keeps_its_state_on_a_claim(workload: Workload) -> None:
    resources = workload.container["resources"]
    assert {"cpu", "memory"} <= resources["requests"].keys()
    assert "memory" in resources["limits"]
    claims = {volume["name"]: volume.get("persistentVolumeClaim", {}) for volume in workload.pod["volumes"]}
    templates = {each["metadata"]["name"] for each in workload.spec.get("volumeClaimTemplates", [])}
    mounted = {mount["mountPath"]: mount["name"] for mount in workload.container["volumeMounts"]}
    assert set(mounted.values()) == claims.keys() | templates
    state = mounted[_argument(workload, "--state-dir")]
    assert state in templates or claims[state]["claimName"] in of_kind("PersistentVolumeClaim")


@_EACH_WORKLOAD
def test_a_pod_has_probes_and_more_time_to_stop_than_its_program_takes(workload: Workload) -> None:
    assert "readinessProbe" in workload.container
    seconds = float(_argument(workload, "--shutdown-seconds", "10"))
    assert workload.pod["terminationGracePeriodSeconds"] > seconds


@_EACH_WORKLOAD
def test_an_image_is_one_that_the_compose_file_builds(workload: Workload) -> None:
    tags = {image["name"]: image["newTag"] for image in kustomization(_BASE)["images"]}
    built = {service.image for service in read_compose_file().services.values()}
    assert f"{workload.container['image']}:{tags[workload.container['image']]}" in built


def test_the_commands_are_ones_that_our_programs_take() -> None:
    central, node = (workload.container["command"] for workload in _WORKLOADS)
    assert central == read_compose_file().services["central-server"].command
    assert isinstance(central_parser().parse_args(central[3:]), argparse.Namespace)
    assert node[:3] == ["python", "-m", "server_node"]
    settings = settings_from_arguments(node[3:])
    assert settings.servers == ("central-server:50051",)
    probe = workload_named("node").container["readinessProbe"]["exec"]["command"]
    assert probe == ["python", "-m", "server_node.health", "--state-dir", str(settings.state_dir)]


def test_the_server_has_a_certificate_for_the_name_that_nodes_dial_in_the_place_where_it_looks() -> None:
    (makes,) = workload_named("central-server").pod["initContainers"]
    central = workload_named("central-server")
    assert makes["image"] == central.container["image"]
    assert (makes["securityContext"], makes["volumeMounts"]) == (
        central.container["securityContext"],
        central.container["volumeMounts"],
    )
    said = dict(pairwise(makes["command"]))
    assert said["--dir"] == _argument(central, "--tls-dir")
    assert "central-server" in makes["command"]
    assert central.container["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"


def test_a_node_reads_the_authority_and_its_own_join_token_from_a_secret() -> None:
    node = workload_named("node")
    (place,) = [mount["mountPath"] for mount in node.container["volumeMounts"] if mount["name"] == "hand-out"]
    assert _argument(node, "--ca") == f"{place}/ca.pem"
    assert _argument(node, "--join-token-file") == f"{place}/$(POD_NAME)"
    (secret,) = [volume["secret"] for volume in node.pod["volumes"] if volume["name"] == "hand-out"]
    assert (secret["secretName"], secret["defaultMode"]) == ("nodes", 0o440)


def workload_named(name: str) -> Workload:
    (found,) = [workload for workload in _WORKLOADS if workload.name == name]
    return found


def test_the_gpu_overlay_gives_each_node_one_gpu_and_the_image_that_can_use_it() -> None:
    patch = yaml.safe_load((_GPU / "one-gpu-each.yaml").read_text())
    patched = Workload(patch["metadata"]["name"], patch["spec"])
    (base,) = [workload for workload in _WORKLOADS if workload.name == patched.name]
    assert patched.container["name"] == base.container["name"]
    assert patched.container["resources"]["limits"]["nvidia.com/gpu"] == 1
    (image,) = kustomization(_GPU)["images"]
    assert image["name"] == base.container["image"]
    built = read_compose_file("docker-compose.gpu.yml").services["gpu-node"].image
    assert f"{image['newName']}:{image['newTag']}" == built


def _argument(workload: Workload, flag: str, default: str = "") -> str:
    command = workload.container["command"]
    return str(command[command.index(flag) + 1]) if flag in command else default
