//! Language models behind one port: OpenAI-compatible, Anthropic, recorded replay.
