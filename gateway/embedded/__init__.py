"""Real PostgreSQL and Redis servers inside a data directory, for those who bring none of their own."""

from gateway.embedded.error import EmbeddedError
from gateway.embedded.servers import ServerUrls, default_data_dir, embedded_servers

__all__ = ["EmbeddedError", "ServerUrls", "default_data_dir", "embedded_servers"]
