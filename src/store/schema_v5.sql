-- Phones that may still know whom somebody called who has left them: who, and when.
CREATE TABLE remembered_calls (
    phone TEXT PRIMARY KEY,
    user  TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
