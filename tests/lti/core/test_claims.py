"""What a role of the context is worth, and how a person is called."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti.core.claims import Person, Standing, may_place_links, standing

CONTEXT = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([], Standing.NONE),
        ([""], Standing.NONE),
        (["Learner"], Standing.LEARNER),
        (["Instructor"], Standing.INSTRUCTOR),
        (["TeachingAssistant"], Standing.ASSISTANT),
        ([f"{CONTEXT}#Learner"], Standing.LEARNER),
        ([f"{CONTEXT}#Instructor"], Standing.INSTRUCTOR),
        ([f"{CONTEXT}#Administrator"], Standing.INSTRUCTOR),
        ([f"{CONTEXT}/Instructor#TeachingAssistant"], Standing.ASSISTANT),
        ([f"{CONTEXT}/Instructor#Grader"], Standing.ASSISTANT),
        ([f"{CONTEXT}/Instructor#PrimaryInstructor"], Standing.INSTRUCTOR),
        ([f"{CONTEXT}/Learner#GuestLearner"], Standing.LEARNER),
        ([f"{CONTEXT}/Learner#Instructor"], Standing.LEARNER),
        ([f"{CONTEXT}/Instructor#Unheard"], Standing.NONE),
        ([f"{CONTEXT}/Mentor#Instructor"], Standing.NONE),
        ([f"{CONTEXT}/Mentor#TeachingAssistant"], Standing.NONE),
        ([f"{CONTEXT}/Member#Lecturer"], Standing.NONE),
        ([f"{CONTEXT}/Instructor"], Standing.NONE),
        ([f"{CONTEXT}#Mentor"], Standing.NONE),
        ([f"{CONTEXT}#Member"], Standing.NONE),
        ([f"{CONTEXT}#Manager"], Standing.NONE),
        ([f"{CONTEXT}#Officer"], Standing.NONE),
        ([f"{CONTEXT}#ContentDeveloper"], Standing.NONE),
        ([f"{INSTITUTION}#Instructor"], Standing.NONE),
        ([f"{INSTITUTION}#Administrator"], Standing.NONE),
        ([f"{SYSTEM}#SysAdmin", f"{SYSTEM}#Administrator"], Standing.NONE),
        (["urn:lti:role:ims/lis/Instructor"], Standing.NONE),
        (["instructor"], Standing.NONE),
        (["https://evil.example/vocab/membership#Instructor"], Standing.NONE),
        ([f"{CONTEXT}#Learner", f"{CONTEXT}#Instructor"], Standing.INSTRUCTOR),
        ([f"{CONTEXT}#Learner", f"{INSTITUTION}#Administrator"], Standing.LEARNER),
        # Canvas' teaching assistant: the sub-role beside its principal role.
        ([f"{CONTEXT}/Instructor#TeachingAssistant", f"{CONTEXT}#Instructor"], Standing.ASSISTANT),
        (["Instructor", "TeachingAssistant"], Standing.ASSISTANT),
        ([f"{CONTEXT}/Instructor#TeachingAssistant", f"{CONTEXT}#Administrator"], Standing.INSTRUCTOR),
        ([f"{CONTEXT}/Instructor#Grader", f"{CONTEXT}/Instructor#Lecturer"], Standing.INSTRUCTOR),
    ],
)
def test_standing_follows_from_roles_of_the_membership_vocabulary_alone(
    roles: list[str], expected: Standing
) -> None:
    assert standing(roles) is expected


def test_order_of_roles_does_not_matter() -> None:
    roles = [f"{CONTEXT}#Instructor", f"{CONTEXT}/Instructor#TeachingAssistant", f"{CONTEXT}#Learner"]
    assert {standing(order) for order in permutations(roles)} == {Standing.ASSISTANT}


@given(st.lists(st.text(alphabet=st.characters(blacklist_characters="ITAL"), max_size=80)))
def test_unknown_words_give_no_standing(roles: list[str]) -> None:
    assert standing(roles) is Standing.NONE


@given(
    st.lists(
        st.sampled_from(
            [f"{INSTITUTION}#", f"{SYSTEM}#", "urn:lti:role:ims/lis/", "https://x.example/#"]
        ).flatmap(
            lambda prefix: st.sampled_from(["Administrator", "Instructor", "SysAdmin", "Faculty"]).map(
                lambda word: prefix + word
            )
        )
    )
)
def test_no_role_outside_the_context_ever_raises_a_learner(roles: list[str]) -> None:
    assert standing([*roles, f"{CONTEXT}#Learner"]) is Standing.LEARNER


@pytest.mark.parametrize(
    ("roles", "may"),
    [
        (["Instructor"], True),
        ([f"{CONTEXT}#ContentDeveloper"], True),
        (["ContentDeveloper"], True),
        ([f"{INSTITUTION}#ContentDeveloper"], False),
        ([f"{CONTEXT}/Instructor#TeachingAssistant"], False),
        (["Learner"], False),
        ([], False),
    ],
)
def test_instructors_and_content_developers_place_links(roles: list[str], may: bool) -> None:
    assert may_place_links(iter(roles)) is may


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (Person("1", name="Ana Ruiz", given_name="Ana", family_name="Ruiz"), "Ana Ruiz"),
        (Person("1", given_name="小明", family_name="王"), "王小明"),
        (Person("1", given_name="Ana", family_name="Ruiz"), "Ana Ruiz"),
        (Person("1", given_name="민준", family_name="김"), "김민준"),
        (Person("1", given_name="Ana", family_name="王"), "王Ana"),
        (Person("1", given_name="Ana"), "Ana"),
        (Person("1", family_name="Ruiz"), "Ruiz"),
        (Person("1"), ""),
    ],
)
def test_name_on_the_screen_is_put_together_as_its_script_does(person: Person, expected: str) -> None:
    assert person.display_name == expected
