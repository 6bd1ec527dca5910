//! All that knows a language: detection, static analysis, rules, harness.
