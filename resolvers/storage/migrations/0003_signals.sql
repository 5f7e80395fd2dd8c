-- Signals: who said what of which bar.

-- Wide columns first. Yearly partitions by the bar's time are made before a write.
CREATE TABLE signals (
    id             uuid NOT NULL,                  -- a hash, see the model
    time           timestamptz NOT NULL,           -- of the bar
    created_at     timestamptz NOT NULL DEFAULT now(),
    valid_until    timestamptz,
    score          double precision NOT NULL CHECK (score BETWEEN -1 AND 1),
    agreement      double precision NOT NULL CHECK (agreement BETWEEN 0 AND 1),
    confidence     double precision CHECK (confidence BETWEEN 0 AND 1),
    -- NaN sorts above infinity here, so the bounds refuse both.
    price          double precision NOT NULL CHECK (price > 0 AND price < 'infinity'),
    entry          double precision CHECK (entry > 0 AND entry < 'infinity'),
    stop           double precision CHECK (stop > 0 AND stop < 'infinity'),
    target         double precision CHECK (target > 0 AND target < 'infinity'),
    revision       bigint NOT NULL DEFAULT 1,
    instrument_id  integer NOT NULL,
    horizon_bars   integer CHECK (horizon_bars > 0),
    bar_minutes    smallint NOT NULL,
    is_cancelled   boolean NOT NULL DEFAULT false,
    direction      text NOT NULL,
    strength       text NOT NULL,
    producer       text COLLATE "C" NOT NULL,
    key            text COLLATE "C",               -- the producer's own; without one, series and bar name it
    rationale      text NOT NULL,
    votes          bytea,                          -- a byte for each agent
    input_hash     bytea,
    -- Also the order of all signals, forwards and back.
    PRIMARY KEY (time, id)
) PARTITION BY RANGE (time);

CREATE INDEX signals_of_instrument ON signals (instrument_id, time DESC, id DESC);

-- The id is a hash of producer and key, so this finds a key whatever bar it was given for.
CREATE INDEX signals_by_key ON signals (id) WHERE key IS NOT NULL;

-- The newest bar that a producer has said something of: what is older is superseded, without touching its row.
CREATE TABLE signal_series (
    instrument_id  integer NOT NULL REFERENCES instruments ON DELETE CASCADE,
    bar_minutes    smallint NOT NULL,
    producer       text COLLATE "C" NOT NULL,
    last_time      timestamptz NOT NULL,
    PRIMARY KEY (instrument_id, bar_minutes, producer)
);

INSERT INTO collections (name) VALUES ('signals');
INSERT INTO event_numbers (kind) VALUES ('signals');
