"""A visit of GraphiQL with Debian's Chromium, and all that the page asked for and complained of."""

import asyncio
import json
import os
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

_T = TypeVar("_T")
_PATIENCE_SECONDS = 30
_POLL_SECONDS = 0.05
_ARGUMENTS = (
    "--headless=new",
    "--window-size=1440,900",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    # Whatever a page may ask another host for, it does not get.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_RECORD_VIOLATIONS = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) =>
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
"""
_TABS_HOLD = """
return Object.entries(localStorage).some(([key, value]) => key.endsWith(':tabState') && value.includes(arguments[0]));
"""


class Visit:
    """
    One fresh browser.

    Selenium blocks, and the gateway runs on the loop of the test, so that each step runs in a thread.
    """

    def __init__(self, chromium: str, chromedriver: str) -> None:
        options = Options()
        options.binary_location = chromium
        for argument in (*_ARGUMENTS, *(["--no-sandbox"] if os.getuid() == 0 else [])):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        self._start = lambda: Chrome(options=options, service=Service(chromedriver))
        self._driver: Chrome

    async def __aenter__(self) -> Self:
        self._driver = await asyncio.to_thread(self._start)
        source = {"source": _RECORD_VIOLATIONS}
        await self._do(lambda driver: driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", source))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._do(lambda driver: driver.quit())

    async def open(self, url: str) -> None:
        """Opens *url* and waits until the editor shows an operation and the schema is known."""
        await self._do(lambda driver: driver.get(url))
        await self.text(".graphiql-query-editor", containing="query Chart")

    async def url(self) -> str:
        """Where the visit has got to."""
        return await self._do(lambda driver: driver.current_url)

    async def title(self) -> str:
        """The title of the page."""
        return await self._do(lambda driver: driver.title)

    async def texts(self, selector: str) -> list[str]:
        """The texts of all elements that *selector* finds now."""
        return await self._do(lambda driver: _acted(driver, selector, "", lambda _: _texts(driver, selector)))

    async def text(self, selector: str, *, containing: str) -> str:
        """The text of the first element of *selector* that contains *containing*, once there is one."""
        return await self._do(lambda driver: _acted(driver, selector, containing, _plain))

    async def click(self, selector: str, *, containing: str = "") -> None:
        """Clicks the first element of *selector* that contains *containing*, once there is one."""
        await self._do(lambda driver: _acted(driver, selector, containing, _clicked))

    async def press(self, *keys: str) -> None:
        """Types *keys* one after another into what has the focus."""
        await self._do(lambda driver: ActionChains(driver, duration=20).send_keys(*keys).perform())

    async def stored(self, *, containing: str) -> None:
        """Waits until the tabs are stored with *containing*: GraphiQL takes its time, to store less often."""
        await self._do(
            lambda driver: WebDriverWait(driver, _PATIENCE_SECONDS, _POLL_SECONDS).until(
                lambda _: driver.execute_script(_TABS_HOLD, containing)
            )
        )

    async def complaints(self) -> list[str]:
        """What the console has of warnings and errors, and what the content security policy stopped."""
        logged = await self._do(lambda driver: driver.get_log("browser"))  # type: ignore[no-untyped-call]
        violations: list[str] = await self._do(lambda driver: driver.execute_script("return window.violations"))
        return [one["message"] for one in logged if one["level"] in ("WARNING", "SEVERE")] + violations

    async def requested(self) -> list[str]:
        """The addresses of all requests since the last call, in their order; data URLs aside."""
        entries = await self._do(lambda driver: driver.get_log("performance"))  # type: ignore[no-untyped-call]
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        urls = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith("data:")]

    async def _do(self, step: Callable[[Chrome], _T]) -> _T:
        return await asyncio.to_thread(step, self._driver)


def _acted(driver: Chrome, selector: str, containing: str, act: Callable[[WebElement], _T]) -> _T:
    """What *act* makes of the first element of *selector* that contains *containing*, once there is one."""

    def attempt(_: Any) -> tuple[_T] | None:
        elements = driver.find_elements(By.CSS_SELECTOR, selector)
        found = next((one for one in elements if containing in _plain(one)), None)
        return None if found is None else (act(found),)

    # An element may be replaced between its finding and what is done with it.
    wait = WebDriverWait(driver, _PATIENCE_SECONDS, _POLL_SECONDS, ignored_exceptions=(StaleElementReferenceException,))
    done = wait.until(attempt, f"no {selector} with {containing!r}")
    assert done is not None
    return done[0]


def _clicked(element: WebElement) -> None:
    element.click()


def _texts(driver: Chrome, selector: str) -> list[str]:
    return [one.text for one in driver.find_elements(By.CSS_SELECTOR, selector)]


def _plain(element: WebElement) -> str:
    """Its text as a reader sees it: Monaco's spaces do not break."""
    return element.text.replace("\xa0", " ")
