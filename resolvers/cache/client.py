"""The Redis client of a process."""

import redis.asyncio as redis

Client = redis.Redis


def open_client(url: str) -> redis.Redis:
    """A client for *url*; it connects when it is first used, and again after it was cut off."""
    return redis.Redis.from_url(url)
