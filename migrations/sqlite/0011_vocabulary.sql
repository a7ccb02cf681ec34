-- The vocabulary of a model that reads tokens; how it is used is in its preprocess.json.

ALTER TABLE model ADD COLUMN vocabulary_hash TEXT REFERENCES blob (hash);
CREATE INDEX model_vocabulary ON model (vocabulary_hash) WHERE vocabulary_hash IS NOT NULL;
