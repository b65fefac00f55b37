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
-- What was said of members of hunt groups: whether they are ready, why not, until when, and since when.
CREATE TABLE agent (
    dn        TEXT PRIMARY KEY,
    readiness TEXT NOT NULL,
    "until"   INTEGER,
    since     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who has joined hunt groups, by the place in the list.
CREATE TABLE hunt_place (
    hunt_group TEXT NOT NULL,
    slot       INTEGER NOT NULL,
    dn         TEXT NOT NULL,
    PRIMARY KEY (hunt_group, slot)
) STRICT, WITHOUT ROWID;

-- What happened in an hour, in a hunt group (no number) or to a member of it.
CREATE TABLE hunt_hour (
    hour       INTEGER NOT NULL,
    hunt_group TEXT NOT NULL,
    dn         TEXT NOT NULL,
    counts     TEXT NOT NULL,
    PRIMARY KEY (hour, hunt_group, dn)
) STRICT, WITHOUT ROWID;
