"""An engine like the stand-in without what the fork adds to vLLM."""

from stand_in import LLM as ForkedLLM
from stand_in import SamplingParams

__all__ = ["LLM", "SamplingParams"]


class LLM(ForkedLLM):
    def __init__(self, **options):
        super().__init__(**options)
        del self.llm_engine.model.cache_fuse_metadata
