-- What waits in mailboxes of the voicemail system: whether anything does, and how many are new, old and urgent.
CREATE TABLE messages (
    mailbox    TEXT PRIMARY KEY,
    waiting    INTEGER NOT NULL,
    new        INTEGER NOT NULL,
    old        INTEGER NOT NULL,
    urgent_new INTEGER NOT NULL,
    urgent_old INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
