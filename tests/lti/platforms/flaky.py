"""A platform on a bad day: of the scores it is sent, a share (drawn from a seed) is answered otherwise.

flaky = Flaky(server_error=0.5, lost=0.05, seed=7)
… drain …
flaky.counts()      # {("1", "ana"): 1, …}: scores accepted by line item and user
"""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from typing import Any

from tests.lti.platforms.base import Platform
from tests.lti.platforms.campus import Refused
from tests.lti.platforms.serving import Answer, Asked, Hung, in_json

A_SCORE = re.compile(r"/scores$")


class Flaky(Platform):
    family = "flaky"
    keeps_requests = False

    def __init__(
        self,
        *arguments: Any,
        server_error: float = 0.0,
        too_many: float = 0.0,
        hangs: float = 0.0,
        lost: float = 0.0,
        seed: int = 1,
        retry_after_s: int | None = None,
        **options: Any,
    ) -> None:
        """Shares of all scores, together at most 1: answered 500 or 429 and not taken; never answered and not taken;
        taken, but answered 500 (what makes a careless tool send twice)."""
        super().__init__(*arguments, **options)
        self.shares = {"server_error": server_error, "too_many": too_many, "hangs": hangs, "lost": lost}
        self.draw = random.Random(seed)
        self.drawing = threading.Lock()
        self.retry_after = {} if retry_after_s is None else {"Retry_After": str(retry_after_s)}
        self.answered: Counter[int] = Counter()  # of scores, by status; 0: never

    def counts(self) -> dict[tuple[str, str], int]:
        """How often a score of the user was taken, by line item and user."""
        return {
            (item.id, sub): len(scores)
            for item in self.gradebook.items.values()
            for sub, scores in item.accepted.items()
        }

    def route(self, asked: Asked) -> Answer:
        if not A_SCORE.search(asked.path):
            return super().route(asked)
        match self.fate():
            case "server_error":
                return self.noted(in_json({"error": "bad day"}, status=500))
            case "too_many":
                return self.noted(in_json({"error": "too many"}, status=429, **self.retry_after))
            case "hangs":
                self.answered[0] += 1
                raise Hung
            case "lost":
                self.taken(asked)
                return self.noted(in_json({"error": "bad day"}, status=500))
        return self.noted(self.taken(asked))

    def taken(self, asked: Asked) -> Answer:
        try:
            return super().route(asked)
        except Refused as refused:
            self.answered[refused.status] += 1
            raise

    def noted(self, answer: Answer) -> Answer:
        self.answered[answer.status] += 1
        return answer

    def fate(self) -> str:
        with self.drawing:
            drawn = self.draw.random()
        for name, share in self.shares.items():
            if drawn < share:
                return name
            drawn -= share
        return ""
