-- Reports of runs; the files themselves are artifacts.

CREATE TABLE report (
    run         TEXT PRIMARY KEY,
    branch      TEXT NOT NULL,
    commits     INTEGER NOT NULL,
    created_at  TEXT NOT NULL
) STRICT;

CREATE TABLE report_output (
    run      TEXT NOT NULL REFERENCES report (run),
    name     TEXT NOT NULL,
    digest   TEXT NOT NULL,
    size     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (run, name)
) STRICT;
