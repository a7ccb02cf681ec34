-- Inputs, and what was computed from a model and an input.

CREATE TABLE input (
    id             INTEGER PRIMARY KEY,
    project_id     INTEGER NOT NULL REFERENCES project (id),
    slug           TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    model_id       INTEGER REFERENCES model (id) ON DELETE SET NULL,
    hash           TEXT    NOT NULL REFERENCES blob (hash),
    bytes          INTEGER NOT NULL,
    state          TEXT    NOT NULL,        -- scanning | ready | failed
    error          TEXT,
    job_id         TEXT,
    kind           TEXT    NOT NULL DEFAULT 'unknown',   -- image | array | table
    rows           INTEGER NOT NULL DEFAULT 1,
    facts          TEXT    NOT NULL DEFAULT '{}',        -- columns, width, height, target_column
    picture_hash   TEXT    REFERENCES blob (hash),
    created_at     INTEGER NOT NULL,
    UNIQUE (project_id, slug)
) STRICT;
CREATE INDEX input_hash ON input (hash);
CREATE INDEX input_picture ON input (picture_hash);
CREATE INDEX input_model ON input (model_id);

-- Addressed by the hash of the question; the same question is computed once.
CREATE TABLE answer (
    project_id    INTEGER NOT NULL REFERENCES project (id),
    id            TEXT    NOT NULL,         -- 64 hex digits
    kind          TEXT    NOT NULL,         -- explanation | prediction | activations
    checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id) ON DELETE CASCADE,
    input_id      INTEGER NOT NULL REFERENCES input (id) ON DELETE CASCADE,
    row           INTEGER NOT NULL,
    question      TEXT    NOT NULL,
    state         TEXT    NOT NULL,         -- queued | running | done | failed | cancelled
    error         TEXT,
    job_id        TEXT,
    result        TEXT,
    array_hash    TEXT    REFERENCES blob (hash),
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (project_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_checkpoint ON answer (checkpoint_id);
CREATE INDEX answer_input ON answer (input_id);
CREATE INDEX answer_array ON answer (array_hash);
