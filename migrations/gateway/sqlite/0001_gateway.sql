-- Tokens of clients that come over TCP; only their digests are kept.
CREATE TABLE tokens (
    id         TEXT PRIMARY KEY,
    digest     TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    ended_at   TEXT
) STRICT;

-- What clients changed, and what was refused.
CREATE TABLE audit (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at      TEXT NOT NULL,
    caller  TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL
) STRICT;

-- Artifacts that clients sent: a run may be started only from these.
CREATE TABLE uploads (
    digest TEXT NOT NULL,
    kind   TEXT NOT NULL,
    name   TEXT NOT NULL,
    caller TEXT NOT NULL,
    at     TEXT NOT NULL,
    PRIMARY KEY (digest, kind)
) STRICT, WITHOUT ROWID;
