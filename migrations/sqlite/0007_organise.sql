-- What people make of runs: names, notes, labels, an archive, and deletion that can be undone.

ALTER TABLE run ADD COLUMN title TEXT;                        -- a name for people; NULL: the folder's
ALTER TABLE run ADD COLUMN notes TEXT NOT NULL DEFAULT '';    -- Markdown
ALTER TABLE run ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN purged_at INTEGER;                 -- deleted for good: only the tombstone is left
UPDATE run SET purged_at = deleted_at WHERE deleted_at IS NOT NULL;
CREATE INDEX run_deleted ON run (deleted_at) WHERE deleted_at IS NOT NULL AND purged_at IS NULL;

CREATE TABLE run_label (
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    label  TEXT    NOT NULL,
    PRIMARY KEY (run_id, label)
) STRICT, WITHOUT ROWID;

-- Which runs are spoken of: those that are not deleted; and of them those that lists show unasked.
CREATE VIEW live_run AS SELECT * FROM run WHERE deleted_at IS NULL;
CREATE VIEW listed_run AS SELECT * FROM run WHERE deleted_at IS NULL AND archived = 0;

-- Addresses too long to be sent, under the hash of what they say.
CREATE TABLE saved_view (
    project_id INTEGER NOT NULL REFERENCES project (id),
    hash       TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    query      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, hash)
) STRICT, WITHOUT ROWID;
