-- Blocks as they were streamed (JSON of core's Block), kept before anything is decided on them, so
-- that an interrupted comparison goes on with them. `stage` is "screen", "compare" or "baseline".
CREATE TABLE blocks (
    run TEXT NOT NULL,
    stage TEXT NOT NULL,
    subject TEXT NOT NULL,
    series TEXT NOT NULL,
    number INTEGER NOT NULL,
    block TEXT NOT NULL,
    PRIMARY KEY (run, stage, subject, series, number)
) STRICT;

-- Series that failed while they were timed: no second draw is taken.
CREATE TABLE failures (
    run TEXT NOT NULL,
    stage TEXT NOT NULL,
    subject TEXT NOT NULL,
    series TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (run, stage, subject, series)
) STRICT;

-- What was answered: encoded Comparison messages, the last of a candidate counts.
CREATE TABLE comparisons (
    run TEXT NOT NULL,
    candidate TEXT NOT NULL,
    comparison BLOB NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (run, candidate)
) STRICT;

-- Encoded TargetBaseline messages.
CREATE TABLE baselines (
    run TEXT NOT NULL,
    target TEXT NOT NULL,
    baseline BLOB NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (run, target)
) STRICT;
