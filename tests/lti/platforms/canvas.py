"""Canvas: one issuer for every tenant in the world, told apart by client_id; sign-in and keys on another host than the
services; service URLs with a query; one key deployed many times; platform storage in a forwarding frame."""

from __future__ import annotations

from typing import Any, Self

from tests.lti.platforms.base import Platform
from tests.lti.platforms.campus import LEARNER, TEACHER, Client
from tests.lti.platforms.gradebook import Gradebook
from tests.lti.platforms.launching import Beginning
from tests.lti.platforms.serving import Answer, Asked, Loopback

ISSUER = "https://canvas.example.com"
SIGN_IN = {"auth", "token", "jwks", "storage"}
ELSEWHERE = Answer(b"on another host", 404)


class CanvasGradebook(Gradebook):
    query = {"account": "7", "include": "all"}


class Canvas(Platform):
    """Two tenants from the beginning: `client` deployed in two sub-accounts (course, course-2), and `second`, another
    university's key with course-b; `bea` studies there, and its first learner is called "ana" too."""

    family = "canvas"
    storage_target = "post_message_forwarding"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # Another port and another name: another site.
        self.sign_in = Loopback(self.answer_sign_in, name="127.0.0.1")
        super().__init__(*arguments, **options)

    @property
    def issuer(self) -> str:
        return ISSUER

    @property
    def auth_url(self) -> str:
        return f"{self.sign_in.url}/auth"

    @property
    def token_url(self) -> str:
        return f"{self.sign_in.url}/token"

    @property
    def jwks_url(self) -> str:
        return f"{self.sign_in.url}/jwks"

    @property
    def second(self) -> Client:
        return self.clients["client-2"]

    def start(self) -> Self:
        self.sign_in.start()
        return super().start()

    def stop(self) -> None:
        super().stop()
        self.sign_in.stop()

    __enter__ = start

    def furnish(self) -> None:
        super().furnish()
        self.client.deployments.append("2")
        self.add_context("course-2", deployment="2")
        self.enrol("teach", TEACHER, context_id="course-2")
        self.enrol("bo", LEARNER, context_id="course-2")
        self.add_link("exam-2", context_id="course-2")
        self.add_client("client-2", deployments=["77"])
        self.add_context("course-b", client=self.second)
        self.add_person("bea")
        for sub in ("ana", "bea"):
            self.enrol(sub, LEARNER, context_id="course-b")
        self.add_link("exam-b", context_id="course-b")

    def make_gradebook(self) -> Gradebook:
        return self.gradebook_of(CanvasGradebook)

    def login_parameters(self, begun: Beginning) -> dict[str, str]:
        given = super().login_parameters(begun)
        return given | {"deployment_id": given.pop("lti_deployment_id"), "canvas_region": "local"}

    def storage_frame(self) -> dict[str, Any]:
        return {"storage_url": f"{self.sign_in.url}/storage"}

    def answer_sign_in(self, asked: Asked) -> Answer:
        return super().answer(asked) if asked.path.split("/")[1] in SIGN_IN else ELSEWHERE

    def answer(self, asked: Asked) -> Answer:
        return ELSEWHERE if asked.path.split("/")[1] in SIGN_IN else super().answer(asked)
