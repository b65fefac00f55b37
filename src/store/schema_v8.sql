-- How jobs stand: what happens by the clock.
CREATE TABLE job (
    name TEXT NOT NULL PRIMARY KEY,
    -- The last run, and the one that goes on, as JSON.
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;
