/**
 * How a call sounded, where it was handed to, and its recording; the countries that have been called, for the dialling
 * guard. The one ringer becomes a list of ringers.
 */
export const version = 3
export const sql = `
ALTER TABLE calls ADD COLUMN transferred_to TEXT;
ALTER TABLE calls ADD COLUMN recording TEXT; -- the file's path; null when there is none
CREATE TABLE call_quality (
  call_id TEXT PRIMARY KEY REFERENCES calls ON DELETE CASCADE,
  codec TEXT,
  mos REAL, worst_mos REAL,               -- ITU-T G.107 (E-model), 1 to 4.5; null before enough was heard
  round_trip_ms REAL, jitter_ms REAL, loss REAL, -- means over the call; loss 0 to 1
  samples TEXT NOT NULL DEFAULT '[]'      -- JSON, at most 120 looks spread over the call
) STRICT;
CREATE TABLE called_countries (
  country TEXT PRIMARY KEY, first_called_at INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO settings (key, value)
  SELECT 'ringers', json_array(json(value)) FROM settings WHERE key = 'ringer' AND value <> 'null' AND json_valid(value);
DELETE FROM settings WHERE key = 'ringer';
`
