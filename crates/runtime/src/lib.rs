//! Serving: configuration, telemetry, health, metrics, shutdown, errors and operations.
