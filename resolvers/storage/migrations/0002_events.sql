-- What every write leaves behind for those who hold copies: revisions, numbered events, and the outbox.

-- `revision` rises with every change of a series; `body_revision` is the revision at which a bar before the newest one
-- last changed. So a bar that is still forming moves the first and leaves the second, and with it what is cached of the
-- bars before.
ALTER TABLE series ADD COLUMN body_revision bigint NOT NULL DEFAULT 0;
UPDATE series SET body_revision = revision;

ALTER TABLE quotes ADD COLUMN revision bigint NOT NULL DEFAULT 1;

-- Revisions of what is read as a whole: `instruments` stands for all instruments, their names, and which series exist.
CREATE TABLE collections (
    name      text PRIMARY KEY,
    revision  bigint NOT NULL DEFAULT 1
);
INSERT INTO collections (name) VALUES ('instruments');

-- Which database this is: copies of another one, under the same keys in the same Redis, are not taken for ours.
CREATE TABLE origins (id uuid PRIMARY KEY DEFAULT gen_random_uuid());
INSERT INTO origins DEFAULT VALUES;

-- The number of the newest event of each kind. Taking the next one locks the row until the transaction ends, so numbers
-- have no gaps and rise in the order of the commits.
CREATE TABLE event_numbers (
    kind  text PRIMARY KEY,
    n     bigint NOT NULL DEFAULT 0
);
INSERT INTO event_numbers (kind) VALUES ('candles'), ('instruments'), ('quotes');

-- Events of the last day, for whoever missed one. Quotes are too many for it: they are numbered, and not kept.
CREATE TABLE outbox (
    kind        text NOT NULL,
    number      bigint NOT NULL,
    written_at  timestamptz NOT NULL DEFAULT now(),
    body        bytea NOT NULL,
    PRIMARY KEY (kind, number)
);
CREATE INDEX outbox_by_age ON outbox (written_at);
