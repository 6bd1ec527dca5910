//! The SQLite store: pools, migrations, outbox and durable operations.
