-- Training logs: who ran, what was logged, and how far each event file is read.

CREATE TABLE experiment (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES project (id),
    slug       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    root       TEXT,                       -- the log folder it is read from
    created_at INTEGER NOT NULL,
    UNIQUE (project_id, slug)
) STRICT;

CREATE TABLE run (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    experiment_id INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
    slug          TEXT    NOT NULL,        -- from the name: the same when imported again
    name          TEXT    NOT NULL,        -- folder relative to the root; the root is '.'
    hparams       TEXT    NOT NULL DEFAULT '{}',
    deleted_at    INTEGER,                 -- a tombstone: its files are not read again
    UNIQUE (experiment_id, name),
    UNIQUE (experiment_id, slug)
) STRICT;

-- An event file and how far it is read. Head and tail prove that it is still the same file.
CREATE TABLE log_file (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id   INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    path     TEXT    NOT NULL,
    position INTEGER NOT NULL,             -- where the next record starts
    size     INTEGER NOT NULL,             -- when last seen
    head_len INTEGER NOT NULL,
    head_crc INTEGER NOT NULL,
    tail_len INTEGER NOT NULL,             -- of the bytes just before `position`
    tail_crc INTEGER NOT NULL,
    UNIQUE (run_id, path)
) STRICT;

CREATE TABLE log_skip (
    file_id  INTEGER NOT NULL REFERENCES log_file (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    seq      INTEGER NOT NULL,             -- several values of one record may be unreadable
    bytes    INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (file_id, position, seq)
) STRICT, WITHOUT ROWID;

-- A writer said that it starts over at this step.
CREATE TABLE log_restart (
    file_id  INTEGER NOT NULL REFERENCES log_file (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    step     INTEGER NOT NULL,
    wall     REAL    NOT NULL,
    PRIMARY KEY (file_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id      INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    tag         TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    plugin      TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    description TEXT    NOT NULL,
    UNIQUE (run_id, tag)
) STRICT;
CREATE INDEX series_by_tag ON series (tag, run_id);

-- What one file adds to one series, in the order it was written.
CREATE TABLE stream (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    series_id  INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    file_id    INTEGER NOT NULL REFERENCES log_file (id) ON DELETE CASCADE,
    n          INTEGER NOT NULL,
    sealed     INTEGER NOT NULL,           -- points in sealed chunks; the rest is hot
    first_step INTEGER NOT NULL,
    last_step  INTEGER NOT NULL,
    min_wall   REAL    NOT NULL,
    max_wall   REAL    NOT NULL,
    last_value REAL,                       -- NULL is NaN, or no scalar
    nan        INTEGER NOT NULL,
    infinite   INTEGER NOT NULL,
    min_value  REAL    NOT NULL,           -- finite values only; inf where there is none
    max_value  REAL    NOT NULL,
    UNIQUE (series_id, file_id)
) STRICT;
CREATE INDEX stream_by_file ON stream (file_id);

-- Scalars: sealed chunks of 4096 points (pco), then hot rows (plain columns).
CREATE TABLE chunk (
    stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    first     INTEGER NOT NULL,            -- index of its first point in the stream
    n         INTEGER NOT NULL,
    sealed    INTEGER NOT NULL,
    body      BLOB    NOT NULL,
    PRIMARY KEY (stream_id, first)
) STRICT;

-- Histograms, pictures and texts: one row a value.
CREATE TABLE log_record (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    step      INTEGER NOT NULL,
    wall      REAL,                        -- NULL is NaN
    sample    INTEGER NOT NULL,
    width     INTEGER NOT NULL,
    height    INTEGER NOT NULL,
    body      BLOB    NOT NULL
) STRICT;
CREATE INDEX log_record_by_stream ON log_record (stream_id, step);
