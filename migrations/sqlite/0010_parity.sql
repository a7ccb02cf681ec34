-- Whether a checkpoint gives here what somebody says it gives: the last comparison of each.

CREATE TABLE parity (
    checkpoint_id INTEGER PRIMARY KEY REFERENCES checkpoint (id) ON DELETE CASCADE,
    input_id      INTEGER REFERENCES input (id) ON DELETE SET NULL,   -- rows with expected outputs
    asked         TEXT    NOT NULL,         -- JSON: columns, output, tolerance
    preprocess    TEXT    NOT NULL,         -- preprocess.json it was made with
    state         TEXT    NOT NULL,         -- queued | running | done | failed | cancelled
    error         TEXT,
    job_id        TEXT,
    result        TEXT,                     -- JSON
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX parity_input ON parity (input_id);
