"""How long the simulated market takes to make: ``python -m loadtests.simulation``."""

import time

from gateway.feeds.simulated import simulated_market


def main() -> None:
    """Prints the rows of a market that ends now, and the seconds of each of three runs."""
    until = int(time.time())
    for _ in range(3):
        begin = time.perf_counter()
        market = simulated_market(until=until)
        seconds = time.perf_counter() - begin
        hours, minutes = (sum(len(getattr(one, part)) for one in market) for part in ("hours", "minutes"))
        print(f"{seconds:.2f} s  {len(market)} instruments  {hours:,} hours  {minutes:,} minutes")


if __name__ == "__main__":
    main()
