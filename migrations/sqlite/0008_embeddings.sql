-- Points in a space that a run wrote for the projector: `projector_config.pbtxt` and the files it names, read once.

CREATE TABLE embedding (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id         INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    name           TEXT    NOT NULL,                 -- the tensor's
    n              INTEGER NOT NULL,                 -- points; 0 where they could not be read
    width          INTEGER NOT NULL,                 -- numbers a point
    tensor_hash    TEXT    REFERENCES blob (hash),   -- f32, little endian, point after point
    metadata_hash  TEXT    REFERENCES blob (hash),   -- as written: tab-separated
    sprite_hash    TEXT    REFERENCES blob (hash),   -- as written
    sprite_width   INTEGER NOT NULL,                 -- of one image, in pixels
    sprite_height  INTEGER NOT NULL,
    bookmarks_hash TEXT    REFERENCES blob (hash),   -- as written: JSON
    problem        TEXT,                             -- what could not be read, in a sentence
    UNIQUE (run_id, name)
) STRICT;
