"""A cache that costs nobody their page when its server is away. See docs/adr/0014-without-valkey.md."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError
from redis.retry import Retry

logger = structlog.get_logger(__name__)

PAUSE = 10.0  # seconds in which nobody asks a server that failed to answer
_PATIENCE = 0.5  # seconds for a connection, and for an answer
# The counters of the sign-in and the one-time codes that were used. While the server is away each process counts for
# itself: without any count passwords could be tried for ever, and refusing everybody would let nobody in.
_NEVER_FORGOTTEN = "allauth"

T = TypeVar("T")


@dataclass
class _Breaker:
    """Shared by the threads of a process: one of them asks again after the pause, the others do not wait for it."""

    until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def may_ask(self) -> bool:
        with self.lock:
            if not self.until:
                return True
            if time.monotonic() < self.until:
                return False
            self.until = time.monotonic() + PAUSE
            return True

    def answered(self) -> None:
        if self.until:
            logger.info("cache is back")
            self.until = 0.0

    def failed(self, error: RedisError) -> None:
        self.until = time.monotonic() + PAUSE
        logger.warning("cache does not answer", error=str(error), pause=PAUSE)


_breakers: dict[str, _Breaker] = {}


class PatientCache(RedisCache):
    """Django's own, for which a server that is away, hangs or refuses is a miss, and not asked again for a while."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        # A connection from before a restart is tried anew; an answer that does not come is not waited for twice.
        options = {
            "socket_connect_timeout": _PATIENCE,
            "socket_timeout": _PATIENCE,
            "retry": Retry(NoBackoff(), 1, supported_errors=(NoConnection,)),
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, {**params, "OPTIONS": options})
        self._breaker = _breakers.setdefault(str(server), _Breaker())
        self._meanwhile = LocMemCache(f"meanwhile {server}", params)

    def _ask(self, question: Callable[[], T], otherwise: Callable[[], T]) -> T:
        if not self._breaker.may_ask():
            return otherwise()
        try:
            answer = question()
        except RedisError as error:
            self._breaker.failed(error)
            return otherwise()
        self._breaker.answered()
        return answer

    def _kept(self, key: str, method: str, missed: T, *args: Any, **kwargs: Any) -> T:
        def ask(cache: Any) -> T:
            found: T = getattr(cache, method)(key, *args, **kwargs)
            return found

        def otherwise() -> T:
            return ask(self._meanwhile) if key.startswith(_NEVER_FORGOTTEN) else missed

        return self._ask(lambda: ask(super(PatientCache, self)), otherwise)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._kept(key, "add", False, value, timeout=timeout, version=version)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._kept(key, "get", default, default, version=version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        return self._kept(key, "set", None, value, timeout=timeout, version=version)

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._kept(key, "touch", False, timeout=timeout, version=version)

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._kept(key, "delete", False, version=version)

    def has_key(self, key: str, version: int | None = None) -> bool:
        return self._kept(key, "has_key", False, version=version)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        def missed() -> int:
            raise ValueError(f"Key {key!r} not found.")

        return self._ask(lambda: super(PatientCache, self).incr(key, delta, version=version), missed)

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        return self._ask(lambda: super(PatientCache, self).get_many(keys, version=version), dict)

    def set_many(
        self, data: dict[str, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[str]:
        return self._ask(
            lambda: super(PatientCache, self).set_many(data, timeout, version), lambda: list(data)
        )

    def delete_many(self, keys: Iterable[str], version: int | None = None) -> None:
        return self._ask(lambda: super(PatientCache, self).delete_many(keys, version), lambda: None)

    def clear(self) -> None:
        self._ask(lambda: super(PatientCache, self).clear(), lambda: None)
