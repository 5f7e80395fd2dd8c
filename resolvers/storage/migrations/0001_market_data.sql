-- Instruments, candles with their series, and latest quotes.

CREATE TABLE instruments (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol        text COLLATE "C" NOT NULL UNIQUE,
    name          text,
    asset_class   text NOT NULL,
    exchange      text,
    currency      text NOT NULL,
    timezone      text NOT NULL,
    -- minutes before local midnight at which the next session's date begins
    roll_minutes  smallint NOT NULL DEFAULT 0,
    tick_size     double precision,
    is_active     boolean NOT NULL DEFAULT true,
    is_simulated  boolean NOT NULL DEFAULT false
);

-- Every name of an instrument, its symbol included, so that no alias can shadow a symbol.
CREATE TABLE instrument_names (
    name           text COLLATE "C" PRIMARY KEY,
    instrument_id  integer NOT NULL REFERENCES instruments ON DELETE CASCADE
);
CREATE INDEX instrument_names_of ON instrument_names (instrument_id);

-- One row per instrument and interval. `revision` rises in the transaction that changes bars.
CREATE TABLE series (
    instrument_id  integer NOT NULL REFERENCES instruments ON DELETE CASCADE,
    bar_minutes    smallint NOT NULL,
    source         text NOT NULL,
    revision       bigint NOT NULL DEFAULT 0,
    -- whether bars were stored themselves; where none were, all are derived from lower intervals
    has_stored     boolean NOT NULL DEFAULT false,
    first_time     timestamptz,
    last_time      timestamptz,
    PRIMARY KEY (instrument_id, bar_minutes)
);

-- Wide columns first, so that no row is padded. Yearly partitions are made before a load.
CREATE TABLE candles (
    time           timestamptz NOT NULL,
    open           double precision NOT NULL,
    high           double precision NOT NULL,
    low            double precision NOT NULL,
    close          double precision NOT NULL,
    volume         double precision,
    instrument_id  integer NOT NULL,
    bar_minutes    smallint NOT NULL,
    is_derived     boolean NOT NULL DEFAULT false,
    -- NaN sorts above infinity here, so the bounds refuse both.
    CONSTRAINT candles_are_possible CHECK (
        low > 0 AND high < 'infinity' AND low <= open AND low <= close AND high >= open AND high >= close
        AND volume >= 0 AND volume < 'infinity'
    ),
    -- The key covers what a window reads, so reading never visits the heap.
    PRIMARY KEY (instrument_id, bar_minutes, time) INCLUDE (open, high, low, close, volume)
) PARTITION BY RANGE (time);

CREATE TABLE quotes (
    instrument_id   integer PRIMARY KEY REFERENCES instruments ON DELETE CASCADE,
    price           double precision NOT NULL CHECK (price > 0 AND price < 'infinity'),
    bid             double precision CHECK (bid > 0 AND bid < 'infinity'),
    ask             double precision CHECK (ask > 0 AND ask < 'infinity'),
    previous_close  double precision CHECK (previous_close > 0 AND previous_close < 'infinity'),
    volume          double precision CHECK (volume >= 0 AND volume < 'infinity'),
    as_of           timestamptz NOT NULL,
    source          text NOT NULL
);
