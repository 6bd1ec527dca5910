-- What is known of each target's cases; the cases themselves are artifacts.

CREATE TABLE target_cases (
    run      TEXT NOT NULL,
    target   TEXT NOT NULL,
    -- whetstone.common.v1.TargetCases, encoded.
    message  BLOB NOT NULL,
    PRIMARY KEY (run, target)
) STRICT;
