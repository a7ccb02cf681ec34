-- The queue. The row is the truth; every write of a worker names its attempt.

CREATE TABLE job (
    id               TEXT    PRIMARY KEY,   -- ULID
    project_id       INTEGER NOT NULL REFERENCES project (id),
    kind             TEXT    NOT NULL,
    title            TEXT    NOT NULL,
    dedupe_key       TEXT    NOT NULL,
    spec             TEXT    NOT NULL,      -- the job's JSON
    subject          TEXT    NOT NULL,      -- the row its end is written to: checkpoint | input | answer
    state            TEXT    NOT NULL,      -- queued | running | done | failed | cancelled
    attempt          INTEGER NOT NULL DEFAULT 0,
    crashes          INTEGER NOT NULL DEFAULT 0,
    progress         REAL    NOT NULL DEFAULT 0,
    message          TEXT    NOT NULL DEFAULT '',
    error            TEXT,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    created_at       INTEGER NOT NULL,
    started_at       INTEGER,
    finished_at      INTEGER
) STRICT;
CREATE INDEX job_state ON job (state, created_at);
CREATE UNIQUE INDEX job_live ON job (project_id, dedupe_key) WHERE state IN ('queued', 'running');
