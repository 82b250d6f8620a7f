"""The client of Redis that all parts are given: arq's, which is redis-py's with jobs."""

from __future__ import annotations

from typing import TypeAlias

from arq.connections import ArqRedis

RedisClient: TypeAlias = ArqRedis
