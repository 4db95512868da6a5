"""An OpenAI-compatible bridge over the CacheBlend research fork of vLLM."""
