-- Values of every kind, as they were written, and what their tags say of themselves.

ALTER TABLE series ADD COLUMN content BLOB NOT NULL DEFAULT x'';  -- the plugin's own bytes
ALTER TABLE series ADD COLUMN class INTEGER NOT NULL DEFAULT 0;   -- TensorBoard's DataClass

-- The run that this one is a part of: PyTorch's `add_hparams` writes into a folder of its own below the run's.
ALTER TABLE run ADD COLUMN part_of INTEGER REFERENCES run (id) ON DELETE SET NULL;

-- Scalars: points 0, 4096, ... of a stream begin full chunks; then at most one packed chunk that is not full, then plain
-- columns of the newest points.
ALTER TABLE stream DROP COLUMN sealed;
ALTER TABLE chunk RENAME COLUMN sealed TO packed;

-- All other kinds: some values of a stream, each the protobuf message it was logged as. The heads (step, time, sizes) stand
-- before the bytes, so that a list of values reads no value.
CREATE TABLE record_block (
    stream_id  INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    first      INTEGER NOT NULL,           -- index of its first value in the stream
    n          INTEGER NOT NULL,
    compressed INTEGER NOT NULL,           -- LZ4
    heads      BLOB    NOT NULL,
    body       BLOB    NOT NULL,
    PRIMARY KEY (stream_id, first)
) STRICT;
