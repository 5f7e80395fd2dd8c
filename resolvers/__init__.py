"""The answers: market data from storage to arrays, without a word of GraphQL or HTTP."""
