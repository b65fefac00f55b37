-- Moments are milliseconds since 1970 UTC; words are the core's (pbx/change.rs).

-- Single numbers: site_revision, clock_seen.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The site, an object a row, so that an apply writes only what differs.
CREATE TABLE site_object (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- Sessions, open and ended. Open: closed_at is null.
CREATE TABLE session (
    id            BLOB PRIMARY KEY,
    user          TEXT NOT NULL,
    phone         TEXT NOT NULL,
    profile       TEXT NOT NULL,
    door          TEXT NOT NULL,
    opened_at     INTEGER NOT NULL,
    used_at       INTEGER NOT NULL,
    used_signal   TEXT NOT NULL,
    leaving_cause TEXT,
    leaving_door  TEXT,
    leaving_since INTEGER,
    closed_at     INTEGER,
    closed_cause  TEXT,
    closed_door   TEXT
) STRICT, WITHOUT ROWID;

-- The rules see to it that a phone has at most one session; this sees to it that a wrong rule cannot break that.
CREATE UNIQUE INDEX session_open_phone ON session (phone) WHERE closed_at IS NULL;
CREATE INDEX session_open_user ON session (user) WHERE closed_at IS NULL;
-- Who sat here, and when.
CREATE INDEX session_closed_phone ON session (phone, closed_at) WHERE closed_at IS NOT NULL;
-- Which ended first: those go first when there are too many.
CREATE INDEX session_closed_at ON session (closed_at) WHERE closed_at IS NOT NULL;

-- Logins that wait for a call elsewhere to end.
CREATE TABLE awaited_move (
    user    TEXT PRIMARY KEY,
    phone   TEXT NOT NULL,
    door    TEXT NOT NULL,
    "until" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Failed tries (a JSON array of moments) and locks.
CREATE TABLE tries (
    user         TEXT PRIMARY KEY,
    failures     TEXT NOT NULL,
    locked_until INTEGER
) STRICT, WITHOUT ROWID;

-- The last emergency call of each phone.
CREATE TABLE emergency_call (
    phone TEXT PRIMARY KEY,
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where phones can be reached, in the words of the protocol's registrar.
CREATE TABLE binding (
    phone    TEXT PRIMARY KEY,
    contacts TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The audit log. Ids grow; the lowest go first when there are too many.
CREATE TABLE record (
    id    INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    event TEXT NOT NULL,
    cause TEXT,
    user  TEXT,
    phone TEXT,
    door  TEXT NOT NULL,
    text  TEXT NOT NULL
) STRICT;
