-- What the gateway's own signals have beside others', and what the engine needs to make them.

ALTER TABLE signals
    ADD COLUMN base_rate  double precision CHECK (base_rate BETWEEN 0 AND 1),
    ADD COLUMN cases      integer CHECK (cases >= 0),
    ADD COLUMN fit        text COLLATE "C",            -- the name of the fit that the confidence is of
    ADD COLUMN measures   bytea,                       -- float8 in little-endian order, see the model
    -- The engine's own words follow from votes and measures, and are made when they are read.
    ALTER COLUMN rationale DROP NOT NULL;

-- Signals of a producer that another has replaced are superseded, however late their bar.
ALTER TABLE signal_series ADD COLUMN is_retired boolean NOT NULL DEFAULT false;

-- Who votes in the signals of a version: the order of the bytes in `votes`.
CREATE TABLE panels (
    version   text COLLATE "C" PRIMARY KEY,
    agents    text[] NOT NULL,
    families  text[] NOT NULL
);

-- Up to which revision of its bars a series' signals are stored. Its rows are what workers claim, and no writer of bars
-- ever waits for one of them.
CREATE TABLE engine_series (
    version        text COLLATE "C" NOT NULL,
    bar_minutes    smallint NOT NULL,
    instrument_id  integer NOT NULL REFERENCES instruments ON DELETE CASCADE,
    done_revision  bigint NOT NULL DEFAULT 0,          -- no series with bars has this revision
    -- While the newest bar forms, changes of it alone are nothing to compute until then; without it, it was over.
    quiet_until    timestamptz,
    -- A hash of what signals rest on beside the series itself: the fits, and its ranks among the others.
    context        bytea,
    PRIMARY KEY (version, bar_minutes, instrument_id)
) WITH (fillfactor = 50);                              -- each row changes with every bar, and should stay in its page

-- What became of earlier signals and votes, counted by month over all series of an interval whose instruments are real,
-- and over all whose are not: nothing that is made up is counted beside what is real.
CREATE TABLE engine_fits (
    version         text COLLATE "C" NOT NULL,
    bar_minutes     smallint NOT NULL,
    is_simulated    boolean NOT NULL,
    month           integer NOT NULL,                  -- the first one that is not counted, from January 1970
    instrument_ids  integer[] NOT NULL,                -- whose signals are counted
    scores          bytea NOT NULL,
    votes           bytea NOT NULL,
    PRIMARY KEY (version, bar_minutes, is_simulated)
);
-- They are compressed when they come.
ALTER TABLE engine_fits ALTER COLUMN scores SET STORAGE EXTERNAL, ALTER COLUMN votes SET STORAGE EXTERNAL;

-- Which change of the signals was the last of an instrument's: without a row, none since `all_at`.
CREATE TABLE signal_subjects (
    instrument_id  integer PRIMARY KEY REFERENCES instruments ON DELETE CASCADE,
    revision       bigint NOT NULL                     -- of all signals, at that change
) WITH (fillfactor = 50);

-- A change of a collection may be of named parts, or of all. `named_at` is the revision of the last one that was of
-- named parts, and `all_at` that of the last before it that was of all. Whoever raises the revision alone has changed all.
ALTER TABLE collections ADD COLUMN named_at bigint, ADD COLUMN all_at bigint;
UPDATE collections SET named_at = revision, all_at = 0 WHERE name = 'signals';

-- An instrument that is real no more, or not simulated any more, was counted where it does not belong.
CREATE FUNCTION forget_engine_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM engine_fits;
    RETURN NULL;
END
$$;
CREATE TRIGGER forget_engine_fits AFTER UPDATE OF is_simulated ON instruments
    FOR EACH ROW WHEN (OLD.is_simulated <> NEW.is_simulated) EXECUTE FUNCTION forget_engine_fits();
