-- How long a session may last, in seconds: null as the site says, 0 for ever.
ALTER TABLE session ADD COLUMN total_s INTEGER;

-- What a login that waits wants besides its phone: a profile, null for the usual one; and for how long.
ALTER TABLE awaited_move ADD COLUMN profile TEXT;
ALTER TABLE awaited_move ADD COLUMN total_s INTEGER;
