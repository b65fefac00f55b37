-- Sources that guessed a phone's password too often, and until when they are not believed.
CREATE TABLE locked_out (
    phone   TEXT NOT NULL,
    source  TEXT NOT NULL,
    "until" INTEGER NOT NULL,
    PRIMARY KEY (phone, source)
) STRICT, WITHOUT ROWID;

-- Which of them are over.
CREATE INDEX locked_out_until ON locked_out ("until");
