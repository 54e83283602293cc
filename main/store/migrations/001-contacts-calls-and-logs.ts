/**
 * The first schema. STRICT tables throughout; wall times are ms since 1970 UTC, durations monotonic ms, days `YYYY-MM-DD`.
 * Calls keep a copy of the names they were shown with, so that History stays true when a contact is later removed.
 */
export const version = 1
export const sql = `
CREATE TABLE accounts (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('practice', 'sip')), label TEXT NOT NULL,
  config TEXT NOT NULL DEFAULT '{}', -- JSON, never a secret
  position INTEGER NOT NULL, is_default INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT; -- JSON values

CREATE TABLE organizations (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT,
  source TEXT NOT NULL, external_id TEXT, updated_at INTEGER NOT NULL,
  UNIQUE (source, external_id)
) STRICT;
CREATE INDEX organizations_name ON organizations (name);
CREATE TABLE contacts (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, organization_id INTEGER REFERENCES organizations ON DELETE SET NULL,
  job_title TEXT, country TEXT, note TEXT NOT NULL DEFAULT '', labels TEXT NOT NULL DEFAULT '[]', emails TEXT NOT NULL DEFAULT '[]',
  sort_name TEXT NOT NULL, -- the name folded for order and comparison (lower case, no accents)
  search TEXT NOT NULL,    -- name, organization and e-mails folded for search; triggers keep contacts_text equal to it
  source TEXT NOT NULL, external_id TEXT, updated_at INTEGER NOT NULL,
  UNIQUE (source, external_id)
) STRICT;
CREATE INDEX contacts_name ON contacts (sort_name, id);
CREATE INDEX contacts_organization ON contacts (organization_id);
CREATE TABLE phones (
  id INTEGER PRIMARY KEY, contact_id INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE,
  e164 TEXT,               -- normalised once, at write time; null for extensions and what is no number
  digits TEXT NOT NULL,    -- every digit of raw, for exact matches of internal numbers and digit search
  suffix TEXT NOT NULL,    -- the last 7 significant digits, for possible matches; empty when there are fewer
  raw TEXT NOT NULL, type TEXT NOT NULL, extension TEXT, is_primary INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX phones_contact ON phones (contact_id);
CREATE INDEX phones_e164 ON phones (e164) WHERE e164 IS NOT NULL;
CREATE INDEX phones_digits ON phones (digits);
CREATE INDEX phones_suffix ON phones (suffix) WHERE suffix <> '';
CREATE TABLE deals (
  id INTEGER PRIMARY KEY, title TEXT NOT NULL, amount REAL, currency TEXT, stage TEXT,
  status TEXT NOT NULL CHECK (status IN ('open', 'won', 'lost')),
  contact_id INTEGER REFERENCES contacts ON DELETE CASCADE, organization_id INTEGER REFERENCES organizations ON DELETE SET NULL,
  source TEXT NOT NULL, external_id TEXT, updated_at INTEGER NOT NULL,
  UNIQUE (source, external_id)
) STRICT;
CREATE INDEX deals_contact ON deals (contact_id, status);
CREATE INDEX deals_organization ON deals (organization_id) WHERE contact_id IS NULL;

-- Name search: beginnings of words in any order. What goes in has been folded (accents, case; CJK, kana and Hangul one
-- character a word, so that a given name inside an unspaced name is found). rowid is contacts.id.
CREATE VIRTUAL TABLE contacts_text USING fts5 (words, content = '', contentless_delete = 1, detail = full,
  tokenize = "unicode61 remove_diacritics 0", prefix = '1 2 3');
CREATE TRIGGER contacts_text_insert AFTER INSERT ON contacts BEGIN
  INSERT INTO contacts_text (rowid, words) VALUES (new.id, new.search);
END;
CREATE TRIGGER contacts_text_update AFTER UPDATE OF search ON contacts WHEN old.search IS NOT new.search BEGIN
  DELETE FROM contacts_text WHERE rowid = old.id;
  INSERT INTO contacts_text (rowid, words) VALUES (new.id, new.search);
END;
CREATE TRIGGER contacts_text_delete AFTER DELETE ON contacts BEGIN
  DELETE FROM contacts_text WHERE rowid = old.id;
END;
-- Digit search: any part of any number (three digits or more), as it was given and as E.164; rowid is phones.id.
CREATE VIRTUAL TABLE phones_text USING fts5 (digits, content = '', contentless_delete = 1, tokenize = 'trigram');
CREATE TRIGGER phones_text_insert AFTER INSERT ON phones BEGIN
  INSERT INTO phones_text (rowid, digits) VALUES (new.id,
    CASE WHEN new.e164 IS NULL OR instr(new.digits, substr(new.e164, 2)) > 0 THEN new.digits ELSE substr(new.e164, 2) || ' ' || new.digits END);
END;
CREATE TRIGGER phones_text_update AFTER UPDATE OF digits, e164 ON phones BEGIN
  DELETE FROM phones_text WHERE rowid = old.id;
  INSERT INTO phones_text (rowid, digits) VALUES (new.id,
    CASE WHEN new.e164 IS NULL OR instr(new.digits, substr(new.e164, 2)) > 0 THEN new.digits ELSE substr(new.e164, 2) || ' ' || new.digits END);
END;
CREATE TRIGGER phones_text_delete AFTER DELETE ON phones BEGIN
  DELETE FROM phones_text WHERE rowid = old.id;
END;

CREATE TABLE calls (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL, account_label TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('incoming', 'outgoing')),
  number TEXT NOT NULL,    -- as the network delivered it, or as it was dialled; empty when withheld
  e164 TEXT, network_name TEXT, called_line TEXT,
  contact_id INTEGER REFERENCES contacts ON DELETE SET NULL, contact_name TEXT, organization TEXT,
  started_at INTEGER NOT NULL, utc_offset INTEGER NOT NULL,
  answered_at INTEGER,
  ring_ms REAL NOT NULL DEFAULT 0, talk_ms REAL NOT NULL DEFAULT 0, -- kept up to date while it lasts
  result TEXT,             -- null while the call is on; a row found so at start was interrupted
  trouble TEXT             -- JSON
) STRICT;
CREATE INDEX calls_started ON calls (started_at, id);
CREATE INDEX calls_contact ON calls (contact_id, started_at);
CREATE INDEX calls_e164 ON calls (e164, started_at);
CREATE INDEX calls_open ON calls (id) WHERE result IS NULL;
CREATE TABLE call_logs (
  call_id TEXT PRIMARY KEY REFERENCES calls ON DELETE CASCADE,
  state TEXT NOT NULL CHECK (state IN ('draft', 'saved', 'skipped')),
  outcome TEXT, notes TEXT NOT NULL DEFAULT '',
  follow_up_kind TEXT, follow_up_due TEXT,
  contact_id INTEGER REFERENCES contacts ON DELETE SET NULL, deal_id INTEGER REFERENCES deals ON DELETE SET NULL,
  revision INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL, saved_at INTEGER
) STRICT;
CREATE INDEX call_logs_state ON call_logs (state) WHERE state = 'draft';
CREATE INDEX call_logs_follow_up ON call_logs (follow_up_due) WHERE follow_up_due IS NOT NULL;
`
