"""A language model behind an OpenAI-compatible endpoint: asked within a budget, left alone while it fails."""
