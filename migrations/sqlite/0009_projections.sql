-- Pictures of embeddings: addressed by the hash of the question and the points, computed once.

CREATE TABLE projection (
    project_id  INTEGER NOT NULL REFERENCES project (id),
    id          TEXT    NOT NULL,         -- 64 hex digits
    tensor_hash TEXT    NOT NULL REFERENCES blob (hash),
    question    TEXT    NOT NULL,         -- JSON
    state       TEXT    NOT NULL,         -- queued | running | done | failed | cancelled
    error       TEXT,
    job_id      TEXT,
    result      TEXT,                     -- JSON
    at_hash     TEXT    REFERENCES blob (hash),   -- f32, little endian, point after point
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (project_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX projection_tensor ON projection (tensor_hash);
CREATE INDEX projection_at ON projection (at_hash);
