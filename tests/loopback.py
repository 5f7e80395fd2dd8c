"""What clients of servers on the loopback are given, where nobody speaks TLS."""

import ssl

NO_ROOTS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody. Without it every client of httpx reads all the roots of the web, taking 20 ms of CPU."""
