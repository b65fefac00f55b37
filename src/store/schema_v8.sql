-- How jobs stand: what happens by the clock.
CREATE TABLE job (
    name TEXT NOT NULL PRIMARY KEY,
    -- The last run, and the one that goes on, as JSON.
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What people did at phones, as far as the end of sessions goes by it (pbx/activity.rs). Ids grow; the lowest go first
-- when there are too many, or when they are too old. There may be many millions, so every name and word in them is a
-- number here.
CREATE TABLE activity_name (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE activity (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    -- What happened: used, idle, ringing, held, active, logged-in, logged-out, ...
    what    INTEGER NOT NULL,
    phone   INTEGER,
    user    INTEGER,
    session BLOB,
    -- The signal, cause or door, and a second word: the profile, door, or what the prime line does.
    word    INTEGER,
    second  INTEGER,
    -- Milliseconds or seconds.
    number  INTEGER,
    -- What is rare and has more to it, as JSON.
    text    TEXT
) STRICT;
