-- Who owns what, and the bytes everything refers to.

CREATE TABLE project (
    id         INTEGER PRIMARY KEY,
    slug       TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL            -- microseconds since 1970
) STRICT;

INSERT INTO project (id, slug, created_at) VALUES (1, 'default', 0);

-- Bytes under their BLAKE3 hash, in `blobs/`; the row is what makes them reachable.
CREATE TABLE blob (
    hash       TEXT    PRIMARY KEY,        -- 64 hex digits
    bytes      INTEGER NOT NULL,
    media_type TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
