"""Who puts insights into words, as the settings have it."""

from gateway.config import Settings
from resolvers.cache.tiers import Tiers
from resolvers.model_endpoint.breaker import Breaker
from resolvers.model_endpoint.budget import Budget
from resolvers.wording import Wording, log_breaker


def wording_of(settings: Settings, tiers: Tiers) -> Wording | None:
    """Words of the model that is set, held in *tiers*; None where none is."""
    if settings.llm_url is None or settings.llm_model is None:
        return None
    # The HTTP client takes 0.18 s to import, which only those pay who have a model.
    from resolvers.model_endpoint.endpoint import ModelEndpoint

    return Wording(
        endpoint=ModelEndpoint(
            url=settings.llm_url,
            model=settings.llm_model,
            key=settings.llm_key,
            timeout_seconds=settings.llm_timeout_seconds,
        ),
        breaker=Breaker(failures=settings.llm_failures, seconds=settings.llm_rest_seconds, told=log_breaker),
        budget=Budget(calls=settings.llm_calls_per_minute),
        tiers=tiers,
        timeout_seconds=settings.llm_timeout_seconds,
        wait_seconds=settings.llm_wait_seconds,
    )
