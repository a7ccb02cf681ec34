-- Models, their checkpoints, and what a scan found in each.

CREATE TABLE model (
    id                INTEGER PRIMARY KEY,
    project_id        INTEGER NOT NULL REFERENCES project (id),
    slug              TEXT    NOT NULL,
    name              TEXT    NOT NULL,
    preprocess        TEXT,                 -- preprocess.json; NULL until a scan or a user gave it
    preprocess_origin TEXT    NOT NULL DEFAULT 'guessed',   -- metadata | guessed | given
    created_at        INTEGER NOT NULL,
    UNIQUE (project_id, slug)
) STRICT;

CREATE TABLE checkpoint (
    id          INTEGER PRIMARY KEY,
    model_id    INTEGER NOT NULL REFERENCES model (id) ON DELETE CASCADE,
    label       TEXT    NOT NULL,
    step        INTEGER,
    filename    TEXT    NOT NULL,
    hash        TEXT    NOT NULL REFERENCES blob (hash),
    bytes       INTEGER NOT NULL,
    state       TEXT    NOT NULL,           -- scanning | ready | failed
    error       TEXT,
    job_id      TEXT,
    format      TEXT    NOT NULL DEFAULT '',
    parameters  INTEGER NOT NULL DEFAULT 0,
    summary     TEXT    NOT NULL DEFAULT '{}',  -- inputs, outputs, metadata, kind, export_hint
    graph_hash  TEXT    REFERENCES blob (hash), -- the layer graph as JSON
    run_hash    TEXT    REFERENCES blob (hash), -- the ONNX file that runs this checkpoint
    created_at  INTEGER NOT NULL,
    UNIQUE (model_id, hash)
) STRICT;
CREATE INDEX checkpoint_hash ON checkpoint (hash);
CREATE INDEX checkpoint_graph ON checkpoint (graph_hash);
CREATE INDEX checkpoint_run ON checkpoint (run_hash);

CREATE TABLE tensor (
    checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id) ON DELETE CASCADE,
    ordinal       INTEGER NOT NULL,
    name          TEXT    NOT NULL,
    stats         TEXT    NOT NULL,         -- dtype, shape, numel, bytes, mean, std, ..., histogram
    PRIMARY KEY (checkpoint_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX tensor_name ON tensor (checkpoint_id, name);
