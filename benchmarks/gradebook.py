"""A gradebook on a bad day, in a process of its own: python -m benchmarks.gradebook PORT. Every second score, as a seed has
it, is answered 500 and not taken; a timestamp that is not newer than the last is answered 409. GET /counts says what came."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter

BAD = 0.5
SEED = 4
TOKEN = {"access_token": "bench", "token_type": "Bearer", "expires_in": 3600}


class Gradebook:
    def __init__(self) -> None:
        self.draw = random.Random(SEED)
        self.answers: Counter[int] = Counter()
        self.taken: Counter[str] = Counter()
        self.latest: dict[str, str] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = head.split("\r\n")
                method, path, _version = lines[0].split(" ")
                lengths = [
                    line.partition(":")[2] for line in lines if line.lower().startswith("content-length:")
                ]
                body = await reader.readexactly(int(lengths[0])) if lengths else b""
                status, said = self.answer(method, path, body)
                data = json.dumps(said).encode()
                writer.write(
                    f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(data)}\r\n\r\n".encode()
                    + data
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        if path == "/token":
            return 200, TOKEN
        if path == "/counts":
            return 200, {
                "posts": sum(self.answers.values()),
                "answers": self.answers,
                "people": len(self.taken),
                "most": max(self.taken.values(), default=0),
            }
        if method != "POST":
            return 405, {}
        status = self.score(json.loads(body))
        self.answers[status] += 1
        return status, {}

    def score(self, told: dict[str, str]) -> int:
        if self.draw.random() < BAD:
            return 500
        user = told["userId"]
        if told["timestamp"] <= self.latest.get(user, ""):
            return 409
        self.latest[user] = told["timestamp"]
        self.taken[user] += 1
        return 200


async def main(port: int) -> None:
    server = await asyncio.start_server(Gradebook().serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
