-- What the gateway's own signals have beside others', and what the engine needs to make them.

ALTER TABLE signals
    ADD COLUMN base_rate  double precision CHECK (base_rate BETWEEN 0 AND 1),
    ADD COLUMN cases      integer CHECK (cases >= 0),
    ADD COLUMN fit        text COLLATE "C",            -- the name of the fit that the confidence is of
    ADD COLUMN measures   bytea,                       -- float8 in little-endian order, see the model
    -- The engine's own words follow from votes and measures, and are made when they are read.
    ALTER COLUMN rationale DROP NOT NULL;

-- Who votes in the signals of a version: the order of the bytes in `votes`.
CREATE TABLE panels (
    version   text COLLATE "C" PRIMARY KEY,
    agents    text[] NOT NULL,
    families  text[] NOT NULL
);
