-- Candidates, model calls and what was learnt from them.

CREATE TABLE candidate (
    run        TEXT NOT NULL,
    id         TEXT NOT NULL,
    target     TEXT NOT NULL,
    round      INTEGER NOT NULL,
    verdict    INTEGER NOT NULL,
    gate       INTEGER NOT NULL,
    -- whetstone.common.v1.Candidate, encoded.
    message    BLOB NOT NULL,
    PRIMARY KEY (run, id)
) STRICT;

CREATE TABLE model_call (
    id             TEXT PRIMARY KEY,
    run            TEXT NOT NULL,
    target         TEXT NOT NULL,
    model          TEXT NOT NULL,
    -- 'intended' before it is sent; then 'answered', 'failed', or 'unknown' where a kill met it in flight.
    state          TEXT NOT NULL CHECK (state IN ('intended', 'answered', 'failed', 'unknown')),
    system         TEXT NOT NULL,
    prompt         TEXT NOT NULL,
    answer         TEXT NOT NULL DEFAULT '',
    message        TEXT NOT NULL DEFAULT '',
    input_tokens   INTEGER NOT NULL DEFAULT 0,
    output_tokens  INTEGER NOT NULL DEFAULT 0,
    reserved       INTEGER NOT NULL,
    microusd       INTEGER NOT NULL DEFAULT 0,
    created_at     TEXT NOT NULL
) STRICT;

CREATE INDEX model_call_by_run ON model_call (run, id);

CREATE TABLE memory (
    -- Digest of target source and diff: one entry for one experience.
    id         TEXT PRIMARY KEY,
    language   TEXT NOT NULL,
    target     TEXT NOT NULL,
    origin     TEXT NOT NULL,
    summary    TEXT NOT NULL,
    diff       TEXT NOT NULL,
    verdict    INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    ratio      REAL,
    -- Unit vector of 32-bit little-endian floats.
    embedding  BLOB NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE INDEX memory_by_language ON memory (language);
