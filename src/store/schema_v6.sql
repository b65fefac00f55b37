-- PINs that users have chosen, as hashes, and the site's that each takes the place of.
CREATE TABLE own_pin (
    user       TEXT PRIMARY KEY,
    pin        TEXT NOT NULL,
    instead_of TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Speed dials that users have changed, profile by profile, and the site's that they take the place of: lists as JSON.
CREATE TABLE own_dials (
    user       TEXT NOT NULL,
    profile    TEXT NOT NULL,
    dials      TEXT NOT NULL,
    instead_of TEXT NOT NULL,
    PRIMARY KEY (user, profile)
) STRICT, WITHOUT ROWID;
