"""Parts of `generate.spread`: how a set of prompts is spread over topics and wordings."""
