-- Enrolled repositories, by where they come from.
CREATE TABLE repository (
    id           TEXT PRIMARY KEY NOT NULL,
    organisation TEXT NOT NULL,
    source       TEXT NOT NULL,
    name         TEXT NOT NULL,
    created_at   TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (organisation, source)
) STRICT;

-- One pass of the pipeline. Encoded messages are those of whetstone.repository.v1 and whetstone.common.v1.
CREATE TABLE run (
    id            TEXT PRIMARY KEY NOT NULL,
    request_id    TEXT UNIQUE NOT NULL,
    kind          INTEGER NOT NULL,
    -- 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted'
    state         TEXT NOT NULL,
    request       BLOB NOT NULL,
    organisation  TEXT NOT NULL,
    repository    TEXT NOT NULL DEFAULT '',
    -- A RunOptions; the command line's until prepare has joined the enrollment's.
    options       BLOB NOT NULL,
    snapshot      BLOB,
    -- As the bits of an unsigned number.
    seed          INTEGER NOT NULL,
    source        TEXT NOT NULL,
    created_at    TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    finished_at   TEXT NOT NULL DEFAULT '',
    failure       BLOB,
    optimizations INTEGER NOT NULL DEFAULT 0,
    outputs       BLOB,
    branch        TEXT NOT NULL DEFAULT '',
    -- The lease of whoever drives the run, in milliseconds of the store's clock.
    fence         INTEGER NOT NULL DEFAULT 0,
    lease_until   INTEGER NOT NULL DEFAULT 0,
    -- Seconds that were spent driving, over every lease.
    driven_s      REAL NOT NULL DEFAULT 0,
    last_event    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE stage (
    run      TEXT NOT NULL REFERENCES run (id),
    position INTEGER NOT NULL,
    stage    TEXT NOT NULL,
    -- 'waiting', 'running', 'done', 'failed', 'skipped'
    state    TEXT NOT NULL,
    seconds  REAL NOT NULL DEFAULT 0,
    summary  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run, stage)
) STRICT;

-- What each finished step of a run answered; a resumed run goes on behind them.
CREATE TABLE step (
    run         TEXT NOT NULL REFERENCES run (id),
    name        TEXT NOT NULL,
    response    BLOB NOT NULL,
    seconds     REAL NOT NULL,
    finished_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    PRIMARY KEY (run, name)
) STRICT;

CREATE TABLE event (
    run     TEXT NOT NULL REFERENCES run (id),
    number  INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (run, number)
) STRICT;

-- Events of other roles that were taken in.
CREATE TABLE received (
    role      TEXT NOT NULL,
    outbox_id INTEGER NOT NULL,
    PRIMARY KEY (role, outbox_id)
) STRICT;

-- Micro-dollars for one unit; `what` is '*' for everything of the unit. The highest version holds.
CREATE TABLE price (
    version  INTEGER NOT NULL,
    unit     TEXT NOT NULL,
    what     TEXT NOT NULL,
    microusd REAL NOT NULL,
    PRIMARY KEY (version, unit, what)
) STRICT;

CREATE TABLE ledger (
    -- What books it, so that it is booked once.
    key           TEXT PRIMARY KEY NOT NULL,
    run           TEXT NOT NULL REFERENCES run (id),
    stage         TEXT NOT NULL,
    unit          TEXT NOT NULL,
    what          TEXT NOT NULL,
    quantity      REAL NOT NULL,
    microusd      INTEGER NOT NULL,
    price_version INTEGER NOT NULL,
    booked_at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
CREATE INDEX ledger_run ON ledger (run);

CREATE TABLE reservation (
    id       TEXT PRIMARY KEY NOT NULL,
    run      TEXT NOT NULL REFERENCES run (id),
    -- Set aside, and of that already spent.
    microusd INTEGER NOT NULL,
    spent    INTEGER NOT NULL DEFAULT 0,
    released INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX reservation_run ON reservation (run);

-- Built environments by everything that decides them.
CREATE TABLE environment (
    key         TEXT PRIMARY KEY NOT NULL,
    -- An encoded Prepared with environment and overlay, or tools.
    prepared    BLOB NOT NULL,
    made_at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
