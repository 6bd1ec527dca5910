-- The highest fence seen of each run; lower ones are refused.
CREATE TABLE fence (
    run   TEXT PRIMARY KEY NOT NULL,
    fence INTEGER NOT NULL
) STRICT;

-- Durable long-running operations: one row a request id.
CREATE TABLE operation (
    request_id TEXT PRIMARY KEY NOT NULL,
    id         TEXT UNIQUE NOT NULL,
    run        TEXT NOT NULL,
    fence      INTEGER NOT NULL,
    -- 'running', 'done', 'failed', 'cancelled'
    state      TEXT NOT NULL,
    -- An encoded google.protobuf.Any where done, an encoded google.rpc.Status where failed.
    result     BLOB,
    started_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    ended_at   TEXT
) STRICT;
CREATE INDEX operation_run ON operation (run);

-- Events of this role; a row stays until the repository role has confirmed it.
CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    run     TEXT NOT NULL,
    -- Equal keys are one event: a stage that is run again says the same once.
    key     TEXT UNIQUE NOT NULL,
    payload BLOB NOT NULL,
    sent    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_unsent ON outbox (sent, id);
