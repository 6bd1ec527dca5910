-- One answer a run, as it was given (an encoded AnalyzeResponse).
CREATE TABLE analyses (
    run TEXT PRIMARY KEY,
    request_id TEXT NOT NULL,
    response BLOB NOT NULL,
    at TEXT NOT NULL
) STRICT;

CREATE TABLE targets (
    run TEXT NOT NULL REFERENCES analyses (run) ON DELETE CASCADE,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    file TEXT NOT NULL,
    line INTEGER NOT NULL,
    share REAL NOT NULL,
    own_share REAL NOT NULL,
    PRIMARY KEY (run, id)
) STRICT;

CREATE TABLE findings (
    run TEXT NOT NULL REFERENCES analyses (run) ON DELETE CASCADE,
    tool TEXT NOT NULL,
    code TEXT NOT NULL,
    file TEXT NOT NULL,
    line INTEGER NOT NULL,
    message TEXT NOT NULL
) STRICT;
CREATE INDEX findings_by_run ON findings (run);
