"""The roster of a context: its members, its pages."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.core import claims, nrps
from lti.core.claims import Standing
from lti.core.nrps import Status


def page(*members: object) -> nrps.Page:
    return nrps.read_page({"id": "x", "context": {"id": "course-1"}, "members": list(members)})


def test_member_is_read_whole() -> None:
    [member] = page(
        {
            "user_id": "user-1",
            "status": "Active",
            "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            "given_name": "小明",
            "family_name": "王",
            "email": "xiaoming@example.edu",
            "lis_person_sourcedid": "20260001",
            "picture": "https://x",
            "message": [{claims.CUSTOM: {"unit": "CS", "n": 1}}],
        }
    ).members
    assert (member.user_id, member.status, member.standing) == ("user-1", Status.ACTIVE, Standing.LEARNER)
    assert member.display_name == "王小明"
    assert (member.email, member.number) == ("xiaoming@example.edu", "20260001")
    assert member.custom["unit"] == "CS"


def test_variable_that_the_platform_left_as_it_stood_is_not_given() -> None:
    [member] = page(
        {"user_id": "1", "message": [{claims.CUSTOM: {"number": "$Person.sourcedId", "unit": "CS"}}]}
    ).members
    assert member.custom == {"unit": "CS"}


def test_context_is_told_where_the_platform_tells_it() -> None:
    assert page().context_id == "course-1"
    assert nrps.read_page({"members": []}).context_id == ""


@pytest.mark.parametrize(
    ("given_status", "status"),
    [
        (None, Status.ACTIVE),
        ("Active", Status.ACTIVE),
        ("Inactive", Status.INACTIVE),
        ("Deleted", Status.DELETED),
        ("active", Status.INACTIVE),
        (1, Status.INACTIVE),
        ([], Status.INACTIVE),
    ],
)
def test_status_that_we_do_not_know_admits_nobody(given_status: object, status: Status) -> None:
    assert page({"user_id": "1", "status": given_status}).members[0].status is status


@pytest.mark.parametrize(
    ("roles", "standing"),
    [
        (["Instructor"], Standing.INSTRUCTOR),
        (["Learner"], Standing.LEARNER),
        (None, Standing.NONE),
        ("Instructor", Standing.NONE),
        ([{"Instructor": 1}, "Learner"], Standing.LEARNER),
    ],
)
def test_short_roles_of_moodle_count(roles: object, standing: Standing) -> None:
    assert page({"user_id": "1", "roles": roles}).members[0].standing is standing


def test_member_without_names_has_only_an_id() -> None:
    [member] = page({"user_id": "1", "roles": []}).members
    assert (member.display_name, member.email, member.number) == ("", "", "")


@pytest.mark.parametrize("entry", [{}, {"user_id": ""}, {"user_id": None}, {"user_id": "x" * 256}, "x", None])
def test_entry_without_a_usable_id_is_passed_over(entry: object) -> None:
    assert [m.user_id for m in page(entry, {"user_id": "2"}).members] == ["2"]


def test_what_no_database_takes_is_dropped_from_names() -> None:
    [member] = page(
        {"user_id": "1", "name": "a\0b\ud800", "email": "x" * 255, "family_name": "f" * 500}
    ).members
    assert (member.name, member.email, len(member.family_name)) == ("ab", "", 150)


@pytest.mark.parametrize("answer", [None, [], "<html>", {}, {"members": {}}, {"members": [None] * 20_001}])
def test_answer_that_is_no_roster_is_refused(answer: object) -> None:
    with pytest.raises(nrps.BadRoster):
        nrps.read_page(answer)


BASE = "https://m.example/roster?p=1"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, ""),
        ("", ""),
        ('<https://m.example/2>; rel="next"', "https://m.example/2"),
        ("<https://m.example/2>; rel=next", "https://m.example/2"),
        ("<https://m.example/2>;rel=NEXT", "https://m.example/2"),
        ('<https://m.example/2>; Rel = "next"', "https://m.example/2"),
        ('<?p=2>; rel="next"', "https://m.example/roster?p=2"),
        ('</roster/2,3;4>; rel="next"', "https://m.example/roster/2,3;4"),
        ('<https://m.example/d>; rel="differences"', ""),
        ('<https://m.example/2>; rel="next differences"', "https://m.example/2"),
        (
            '<https://m.example/d>; rel="differences", <https://m.example/2>; rel="next"',
            "https://m.example/2",
        ),
        ('<https://m.example/2>; title="a, <b>; rel=prev"; rel=next', "https://m.example/2"),
        ('<https://m.example/2>; title="a \\" rel=prev"; rel=next', "https://m.example/2"),
        ("<https://m.example/2>; rel=prev; rel=next", ""),
        ("<https://m.example/2>; rel=nextish", ""),
        ("<https://m.example/2>; foo; rel=next", "https://m.example/2"),
        ('<>; rel="next"', ""),
        ('rel="next"', ""),
        ('<https://m.example/2; rel="next"', ""),
        ('<https://m.example/1>; rel="first", , <https://m.example/2>; rel="next",', "https://m.example/2"),
    ],
)
def test_next_page_is_found_as_rfc_8288_writes_it(header: str | None, expected: str) -> None:
    assert nrps.next_page(header, base=BASE) == expected


@given(st.text(alphabet='<>;,="\\ relnxt/', max_size=200))
def test_no_header_stops_the_reader(header: str) -> None:
    assert isinstance(nrps.next_page(header, base=BASE), str)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["members", "user_id", "roles", "status", "name", "message", "context"]),
                inner,
            )
        ),
        max_leaves=15,
    )
)
def test_roster_of_any_shape_is_read_or_refused_and_nothing_else(answer: Any) -> None:
    try:
        read = nrps.read_page(answer)
    except nrps.BadRoster:
        return
    assert all(member.user_id for member in read.members)
