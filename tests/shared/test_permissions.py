"""The tables of who may do what."""

from itertools import pairwise

from shared.permissions import PERMISSIONS_OF, Permission, Role


def test_every_role_has_its_permissions_and_what_is_open() -> None:
    assert set(PERMISSIONS_OF) == set(Role)
    assert all(Permission.OPEN in permissions for permissions in PERMISSIONS_OF.values())


def test_each_of_the_roles_of_people_may_all_that_the_lesser_may() -> None:
    people = [PERMISSIONS_OF[role] for role in (Role.VIEWER, Role.SUBMITTER, Role.OPERATOR, Role.ADMIN)]
    assert all(lesser < greater for lesser, greater in pairwise(people))


def test_a_node_changes_no_job_and_reads_none() -> None:
    assert PERMISSIONS_OF[Role.NODE].isdisjoint({Permission.READ, Permission.SUBMIT, Permission.OWN_JOBS})


def test_only_nodes_hold_the_link() -> None:
    assert [role for role in Role if Permission.NODE_LINK in PERMISSIONS_OF[role]] == [Role.NODE]
