-- Two checkpoints, of one model or of two: their weights, their explanations and their figures beside each other.
-- Addressed by the hash of the question; the same question is computed once.

CREATE TABLE comparison (
    project_id INTEGER NOT NULL REFERENCES project (id),
    id         TEXT    NOT NULL,         -- 64 hex digits
    kind       TEXT    NOT NULL,         -- weights | drift | metrics
    a_id       INTEGER NOT NULL REFERENCES checkpoint (id) ON DELETE CASCADE,
    b_id       INTEGER NOT NULL REFERENCES checkpoint (id) ON DELETE CASCADE,
    question   TEXT    NOT NULL,         -- JSON
    state      TEXT    NOT NULL,         -- queued | running | done | failed | cancelled
    error      TEXT,
    job_id     TEXT,
    result     TEXT,                     -- JSON
    maps_hash  TEXT    REFERENCES blob (hash),   -- f32, little endian, of drift
    created_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX comparison_a ON comparison (a_id);
CREATE INDEX comparison_b ON comparison (b_id);
CREATE INDEX comparison_maps ON comparison (maps_hash);

-- What a comparison was asked on: it goes with any of them.
CREATE TABLE comparison_input (
    project_id    INTEGER NOT NULL,
    comparison_id TEXT    NOT NULL,
    input_id      INTEGER NOT NULL REFERENCES input (id),
    PRIMARY KEY (project_id, comparison_id, input_id),
    FOREIGN KEY (project_id, comparison_id) REFERENCES comparison (project_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX comparison_input_input ON comparison_input (input_id);

-- Checkpoints besides A and B whose maps lie in the null band.
CREATE TABLE comparison_checkpoint (
    project_id    INTEGER NOT NULL,
    comparison_id TEXT    NOT NULL,
    checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id),
    PRIMARY KEY (project_id, comparison_id, checkpoint_id),
    FOREIGN KEY (project_id, comparison_id) REFERENCES comparison (project_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX comparison_checkpoint_checkpoint ON comparison_checkpoint (checkpoint_id);
