-- One row a job. The key makes it one however often it is asked for.
CREATE TABLE job (
    key TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    run TEXT NOT NULL,
    organisation TEXT NOT NULL,
    repository TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- whetstone.jobs.v1.JobSpec
    spec BLOB NOT NULL,
    -- queued, running, or how it ended
    state TEXT NOT NULL,
    exit INTEGER NOT NULL DEFAULT -1,
    message TEXT NOT NULL DEFAULT '',
    -- whetstone.common.v1.JobResources
    resources BLOB NOT NULL DEFAULT x'',
    queued_s REAL NOT NULL DEFAULT 0,
    queued_at TEXT NOT NULL,
    ended_at TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX job_by_run ON job (run);
CREATE INDEX job_by_state ON job (state);

-- Files that a job left in /job/out.
CREATE TABLE job_output (
    key TEXT NOT NULL REFERENCES job (key) ON DELETE CASCADE,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (key, name)
) STRICT;

CREATE TABLE artifact (
    digest TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    stored_at TEXT NOT NULL
) STRICT;

-- Garbage collection keeps what has a holder.
CREATE TABLE holder (
    holder TEXT NOT NULL,
    digest TEXT NOT NULL REFERENCES artifact (digest) ON DELETE CASCADE,
    PRIMARY KEY (holder, digest)
) STRICT;
CREATE INDEX holder_by_digest ON holder (digest);
