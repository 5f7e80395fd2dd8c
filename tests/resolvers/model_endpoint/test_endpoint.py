"""The endpoint over a real socket: what is sent, and what each way of failing is called."""

import logging
from base64 import b64encode
from collections.abc import AsyncIterator

import pytest

from loadtests.model_server import Behaviour, ScriptedModel
from resolvers.compute.insights.checking import checked_words
from resolvers.compute.insights.template import messages, response_format
from resolvers.model_endpoint.endpoint import ModelEndpoint, completions_url
from resolvers.model_endpoint.trouble import ModelTrouble, Trouble
from tests.resolvers.compute.insights.market import by_hand

_SECRET = "sk-not-to-be-seen"


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    """A model that answers well, as long as the test has it do so."""
    async with ScriptedModel() as model:
        yield model


async def _answer(model: ScriptedModel, *, seconds: float = 30.0) -> str:
    endpoint = ModelEndpoint(url=model.url, model="scripted", key=_SECRET, timeout_seconds=seconds)
    try:
        return await endpoint.answer(messages(by_hand()), response_format(by_hand()))
    finally:
        await endpoint.close()


async def test_what_is_asked_is_of_the_protocol(model: ScriptedModel) -> None:
    """Model, messages and form, and the key as a bearer token; what comes back may be shown."""
    content = await _answer(model)
    assert checked_words(content, by_hand()).points
    assert model.asked == [
        {"model": "scripted", "messages": messages(by_hand()), "response_format": response_format(by_hand())}
    ]
    assert model.keys == [f"Bearer {_SECRET}"]


@pytest.mark.parametrize(
    ("key", "sent"), [(_SECRET, f"Bearer {_SECRET}"), (None, f"Basic {b64encode(b'me:hush').decode()}")]
)
async def test_a_key_goes_before_a_login_in_the_url(model: ScriptedModel, key: str | None, sent: str) -> None:
    """There is one header for both; without a key the login is what there is."""
    url = model.url.replace("://", "://me:hush@")
    endpoint = ModelEndpoint(url=url, model="scripted", key=key, timeout_seconds=30.0)
    try:
        await endpoint.answer(messages(by_hand()), response_format(by_hand()))
    finally:
        await endpoint.close()
    assert model.keys == [sent]


@pytest.mark.parametrize(
    ("behaviour", "trouble", "text"),
    [
        (Behaviour.NO_JSON, Trouble.PROTOCOL, "protocol: the answer is not JSON"),
        (Behaviour.NO_COMPLETION, Trouble.PROTOCOL, "protocol: the answer has no choice with a text"),
        (Behaviour.ENDLESS, Trouble.PROTOCOL, "protocol: more than 262144 bytes"),
        (Behaviour.FAILING, Trouble.STATUS, "status: 500"),
        (Behaviour.BUSY, Trouble.STATUS, "status: 429"),
        (Behaviour.CUT, Trouble.CUT, "cut: RemoteProtocolError"),
        (Behaviour.SILENT, Trouble.TIMEOUT, "timeout: no answer within 0.2 s"),
    ],
)
async def test_each_failure_has_a_name(
    model: ScriptedModel, behaviour: Behaviour, trouble: Trouble, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """And neither its text nor the log has a word of the key."""
    caplog.set_level(logging.DEBUG)
    model.behaviour = behaviour
    with pytest.raises(ModelTrouble) as met:
        await _answer(model, seconds=0.2 if behaviour is Behaviour.SILENT else 30)
    assert (met.value.trouble, str(met.value)) == (trouble, text)
    assert met.value.pause_seconds == (7 if behaviour is Behaviour.BUSY else None)
    assert _SECRET not in caplog.text


async def test_nobody_there_is_unreachable(model: ScriptedModel) -> None:
    """As after a stop."""
    await model.stop()
    with pytest.raises(ModelTrouble, match="unreachable"):
        await _answer(model)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h:1", "http://h:1/v1/chat/completions"),
        ("http://h:1/", "http://h:1/v1/chat/completions"),
        ("https://h/v1", "https://h/v1/chat/completions"),
        ("https://h/openai/v1/", "https://h/openai/v1/chat/completions"),
        ("https://h/d/chat/completions?api-version=2", "https://h/d/chat/completions?api-version=2"),
    ],
)
def test_the_url_may_be_a_base_or_whole(url: str, expected: str) -> None:
    """With or without the version."""
    assert completions_url(url) == expected
