-- Where calls go by what somebody set at a phone: a user's ("user") or a phone's ("phone"), and which calls. No number:
-- nowhere, although the site sends them on.
CREATE TABLE own_forwarding (
    owner  TEXT NOT NULL,
    name   TEXT NOT NULL,
    kind   TEXT NOT NULL,
    number TEXT,
    PRIMARY KEY (owner, name, kind)
) STRICT, WITHOUT ROWID;

-- Phones where nobody is to be disturbed, by the wish of a session, or of nobody's.
CREATE TABLE quiet_phone (
    phone   TEXT PRIMARY KEY,
    session BLOB
) STRICT, WITHOUT ROWID;
