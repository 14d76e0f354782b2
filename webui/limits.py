"""How often something may be tried: logins by name and by address, calls of the API by token and by address.

Failed logins are counted in the database, so that every worker counts together and a restart forgives nothing. Calls are counted in each
worker by itself: that limit is there against a program that has gone wild, and must not cost a write for each call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import ParamSpec, TypeVar

from flask import Flask, Response, request
from flask_limiter import Limit, Limiter
from flask_limiter.util import get_remote_address
from limits.storage import Storage

from engine.services import attempts
from webui.house import house

P = ParamSpec("P")
R = TypeVar("R")

BY_NAME = "10 per 15 minutes"
"""Failed logins with one user name, from anywhere: two guesses in three minutes, and nobody is shut out for longer than a coffee."""
BY_ADDRESS = "100 per 15 minutes"
"""Failed logins from one address: a municipality may sit behind one."""
ADDRESS_TIMES = 10
"""How many tokens' worth of calls one address may make."""


class Counters(Storage):
    """Counts in the database of the house."""

    STORAGE_SCHEME = ["samspel"]  # noqa: RUF012 - as the library has it

    @property
    def base_exceptions(self) -> type[Exception]:
        """Return what may go wrong; nothing is wrapped."""
        return Exception

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count an attempt."""
        here = house()
        return attempts.add(here.runtime, _hidden(key), here.wall_clock.now(), timedelta(seconds=expiry), amount)

    def get(self, key: str) -> int:
        """Return how many attempts there are."""
        here = house()
        return attempts.count(here.runtime, _hidden(key), here.wall_clock.now())[0]

    def get_expiry(self, key: str) -> float:
        """Return when they are forgotten, in seconds since 1970."""
        here = house()
        return attempts.count(here.runtime, _hidden(key), here.wall_clock.now())[1].timestamp()

    def check(self) -> bool:
        """Whether it can count: where the database is away nothing else works either."""
        return True

    def reset(self) -> int | None:
        """Forget all attempts."""
        attempts.forget(house().runtime)
        return None

    def clear(self, key: str) -> None:
        """Forget the attempts at one thing."""
        attempts.forget(house().runtime, _hidden(key))


_door = Limiter(get_remote_address, storage_uri="samspel://", strategy="fixed-window", headers_enabled=True)


def few_guesses(field: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Limit how often a form may be sent in vain: by the user name in one of its fields, and by the caller's address."""

    def limited(view: Callable[P, R]) -> Callable[P, R]:
        by_name = _door.limit(BY_NAME, key_func=lambda: f"name:{request.form.get(field, '').strip().lower()}", methods=["POST"], deduct_when=_in_vain)
        by_address = _door.limit(BY_ADDRESS, key_func=lambda: f"address:{get_remote_address()}", methods=["POST"], deduct_when=_in_vain)
        return by_name(by_address(view))

    return limited


def limit_logins(app: Flask) -> None:
    """Let the pages' limits count."""
    _door.init_app(app)


def limit_calls(api: Flask, a_minute: int) -> None:
    """Limit the calls of each token, and of each address; 0 is any number."""
    if a_minute:
        by_token = Limit(f"{a_minute} per minute", key_function=lambda: f"token:{_hidden(request.headers.get('Authorization', ''))}")
        by_address = Limit(f"{ADDRESS_TIMES * a_minute} per minute", key_function=lambda: f"address:{get_remote_address()}")
        Limiter(get_remote_address, app=api, default_limits=[by_token, by_address], storage_uri="memory://", headers_enabled=True)


def _in_vain(answer: Response) -> bool:
    return answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def _hidden(key: str) -> str:
    """Return a key without what somebody typed: a password may stand in the wrong field."""
    return hashlib.sha256(key.encode()).hexdigest()
