/**
 * CRM connections and what is cached of them: whose records are, organizations with numbers of their own, leads beside
 * deals, how far a sync is; contacts that the rep makes and changes; imports that can be taken back.
 *
 * `source` of a cached row is the connection's id. A row may come before the row that it belongs to: `…_external_id` keeps
 * what the CRM said until that one is there. `seen` is the number of the full pass that met the row last; what a finished
 * pass has not met was deleted in the CRM.
 */
export const version = 5
export const sql = `
CREATE TABLE connections (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL,
  config TEXT NOT NULL DEFAULT '{}', -- JSON, never a secret: domain, account, who the token belongs to, where records are looked at
  user_id TEXT, user_name TEXT, user_email TEXT, -- whom the rep chose to be there
  caller_id INTEGER NOT NULL DEFAULT 1 CHECK (caller_id IN (0, 1)),
  pass INTEGER NOT NULL DEFAULT 0,   -- the number of the full pass that runs or ran last
  complete INTEGER NOT NULL DEFAULT 0 CHECK (complete IN (0, 1)), -- everything has been fetched once
  synced_at INTEGER, trouble TEXT,   -- JSON
  position INTEGER NOT NULL
) STRICT;
CREATE TABLE crm_users (
  connection_id TEXT NOT NULL REFERENCES connections ON DELETE CASCADE, external_id TEXT NOT NULL,
  name TEXT NOT NULL, email TEXT, is_active INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (connection_id, external_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE crm_stages (
  connection_id TEXT NOT NULL REFERENCES connections ON DELETE CASCADE, external_id TEXT NOT NULL,
  name TEXT NOT NULL, pipeline TEXT, position INTEGER NOT NULL DEFAULT 0, status TEXT,
  PRIMARY KEY (connection_id, external_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE sync_cursors (
  connection_id TEXT NOT NULL REFERENCES connections ON DELETE CASCADE,
  object TEXT NOT NULL, mode TEXT NOT NULL CHECK (mode IN ('full', 'changes', 'sweep')),
  cursor TEXT,             -- the connector's own words for the next page; null: at the beginning, or done
  watermark TEXT,          -- up to here everything is known
  next_watermark TEXT,     -- what the watermark becomes when this run is through
  done INTEGER NOT NULL DEFAULT 0, total INTEGER,
  finished INTEGER NOT NULL DEFAULT 0 CHECK (finished IN (0, 1)),
  sweep TEXT,              -- a sweep that waits for its next page, named here; empty: its pages are through, and what it has not met goes after the next changes
  swept_at INTEGER,        -- the end of the last full pass or sweep
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (connection_id, object)
) STRICT, WITHOUT ROWID;
CREATE TABLE crm_budgets (
  connection_id TEXT PRIMARY KEY REFERENCES connections ON DELETE CASCADE,
  day TEXT NOT NULL,       -- the CRM's own day
  allowance INTEGER NOT NULL, -- what sync may spend on it
  spent INTEGER NOT NULL DEFAULT 0,
  remaining INTEGER        -- of the company's budget, as the CRM said last; null: it does not say
) STRICT, WITHOUT ROWID;
CREATE TABLE number_searches (
  connection_id TEXT NOT NULL REFERENCES connections ON DELETE CASCADE, number TEXT NOT NULL, asked_at INTEGER NOT NULL,
  PRIMARY KEY (connection_id, number)
) STRICT, WITHOUT ROWID;

ALTER TABLE organizations ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN search TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';
ALTER TABLE organizations ADD COLUMN owner_id TEXT;
ALTER TABLE organizations ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
UPDATE organizations SET sort_name = sort_name(name), search = index_text(name);
CREATE INDEX organizations_sort ON organizations (sort_name, id);

ALTER TABLE contacts ADD COLUMN owner_id TEXT;
ALTER TABLE contacts ADD COLUMN organization_external_id TEXT;
ALTER TABLE contacts ADD COLUMN edited TEXT;        -- JSON: what the rep changed and the CRM does not have
ALTER TABLE contacts ADD COLUMN offer_trouble TEXT; -- JSON: why the CRM did not take it
ALTER TABLE contacts ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
CREATE INDEX contacts_awaiting ON contacts (source, organization_external_id)
  WHERE organization_id IS NULL AND organization_external_id IS NOT NULL;

ALTER TABLE deals ADD COLUMN kind TEXT NOT NULL DEFAULT 'deal' CHECK (kind IN ('deal', 'lead'));
ALTER TABLE deals ADD COLUMN owner_id TEXT;
ALTER TABLE deals ADD COLUMN stage_id TEXT;
ALTER TABLE deals ADD COLUMN pipeline TEXT;
ALTER TABLE deals ADD COLUMN close_on TEXT;
ALTER TABLE deals ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';
ALTER TABLE deals ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
ALTER TABLE deals ADD COLUMN search TEXT NOT NULL DEFAULT '';
ALTER TABLE deals ADD COLUMN contact_external_id TEXT;
ALTER TABLE deals ADD COLUMN organization_external_id TEXT;
ALTER TABLE deals ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
UPDATE deals SET sort_name = sort_name(title), search = index_text(title);
CREATE INDEX deals_list ON deals (kind, status, sort_name, id);
CREATE INDEX deals_owner ON deals (source, owner_id, kind, status, sort_name, id) WHERE owner_id IS NOT NULL;
DROP INDEX deals_organization;
CREATE INDEX deals_organization ON deals (organization_id, contact_id, status) WHERE organization_id IS NOT NULL;
CREATE INDEX deals_awaiting_contact ON deals (source, contact_external_id) WHERE contact_id IS NULL AND contact_external_id IS NOT NULL;
CREATE INDEX deals_awaiting_organization ON deals (source, organization_external_id)
  WHERE organization_id IS NULL AND organization_external_id IS NOT NULL;

-- Holds a row only inside a transaction of the bulk writer, which then brings the search tables up to date by itself: a trigger
-- that fires for each row costs ten times as much (FTS5 writes its pages at every statement's savepoint).
CREATE TABLE search_pause (id INTEGER PRIMARY KEY) STRICT;
DROP TRIGGER contacts_text_insert;
DROP TRIGGER contacts_text_update;
DROP TRIGGER contacts_text_delete;
CREATE TRIGGER contacts_text_insert AFTER INSERT ON contacts WHEN NOT EXISTS (SELECT 1 FROM search_pause) BEGIN
  INSERT INTO contacts_text (rowid, words) VALUES (new.id, new.search);
END;
CREATE TRIGGER contacts_text_update AFTER UPDATE OF search ON contacts
WHEN old.search IS NOT new.search AND NOT EXISTS (SELECT 1 FROM search_pause) BEGIN
  DELETE FROM contacts_text WHERE rowid = old.id;
  INSERT INTO contacts_text (rowid, words) VALUES (new.id, new.search);
END;
CREATE TRIGGER contacts_text_delete AFTER DELETE ON contacts WHEN NOT EXISTS (SELECT 1 FROM search_pause) BEGIN
  DELETE FROM contacts_text WHERE rowid = old.id;
END;

-- Numbers belong to a contact or to an organization.
CREATE TABLE phones_of_both (
  id INTEGER PRIMARY KEY,
  contact_id INTEGER REFERENCES contacts ON DELETE CASCADE, organization_id INTEGER REFERENCES organizations ON DELETE CASCADE,
  e164 TEXT, digits TEXT NOT NULL, suffix TEXT NOT NULL, raw TEXT NOT NULL, type TEXT NOT NULL, label TEXT, extension TEXT,
  is_primary INTEGER NOT NULL DEFAULT 0,
  CHECK ((contact_id IS NULL) <> (organization_id IS NULL))
) STRICT;
INSERT INTO phones_of_both (id, contact_id, e164, digits, suffix, raw, type, extension, is_primary)
  SELECT id, contact_id, e164, digits, suffix, raw, type, extension, is_primary FROM phones;
DROP TABLE phones;
ALTER TABLE phones_of_both RENAME TO phones;
CREATE INDEX phones_contact ON phones (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX phones_organization ON phones (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX phones_e164 ON phones (e164) WHERE e164 IS NOT NULL;
-- Internal numbers, and those that were not written as their E.164 form: all others are found by e164.
CREATE INDEX phones_digits ON phones (digits) WHERE e164 IS NULL OR substr(e164, 2) <> digits;
CREATE INDEX phones_suffix ON phones (suffix) WHERE suffix <> '';
CREATE INDEX phones_extension ON phones (extension) WHERE extension IS NOT NULL;
CREATE TRIGGER phones_text_insert AFTER INSERT ON phones WHEN NOT EXISTS (SELECT 1 FROM search_pause) BEGIN
  INSERT INTO phones_text (rowid, digits) VALUES (new.id,
    CASE WHEN new.e164 IS NULL OR instr(new.digits, substr(new.e164, 2)) > 0 THEN new.digits ELSE substr(new.e164, 2) || ' ' || new.digits END);
END;
CREATE TRIGGER phones_text_update AFTER UPDATE OF digits, e164 ON phones WHEN NOT EXISTS (SELECT 1 FROM search_pause) BEGIN
  DELETE FROM phones_text WHERE rowid = old.id;
  INSERT INTO phones_text (rowid, digits) VALUES (new.id,
    CASE WHEN new.e164 IS NULL OR instr(new.digits, substr(new.e164, 2)) > 0 THEN new.digits ELSE substr(new.e164, 2) || ' ' || new.digits END);
END;
CREATE TRIGGER phones_text_delete AFTER DELETE ON phones WHEN NOT EXISTS (SELECT 1 FROM search_pause) BEGIN
  DELETE FROM phones_text WHERE rowid = old.id;
END;

CREATE VIRTUAL TABLE organizations_text USING fts5 (words, content = '', contentless_delete = 1, detail = full,
  tokenize = "unicode61 remove_diacritics 0", prefix = '1 2 3');
INSERT INTO organizations_text (rowid, words) SELECT id, search FROM organizations;
CREATE TRIGGER organizations_text_insert AFTER INSERT ON organizations WHEN NOT EXISTS (SELECT 1 FROM search_pause) BEGIN
  INSERT INTO organizations_text (rowid, words) VALUES (new.id, new.search);
END;
CREATE TRIGGER organizations_text_update AFTER UPDATE OF search ON organizations
WHEN old.search IS NOT new.search AND NOT EXISTS (SELECT 1 FROM search_pause) BEGIN
  DELETE FROM organizations_text WHERE rowid = old.id;
  INSERT INTO organizations_text (rowid, words) VALUES (new.id, new.search);
END;
CREATE TRIGGER organizations_text_delete AFTER DELETE ON organizations WHEN NOT EXISTS (SELECT 1 FROM search_pause) BEGIN
  DELETE FROM organizations_text WHERE rowid = old.id;
END;
CREATE VIRTUAL TABLE deals_text USING fts5 (words, content = '', contentless_delete = 1, detail = full,
  tokenize = "unicode61 remove_diacritics 0", prefix = '1 2 3');
INSERT INTO deals_text (rowid, words) SELECT id, search FROM deals;
CREATE TRIGGER deals_text_insert AFTER INSERT ON deals WHEN NOT EXISTS (SELECT 1 FROM search_pause) BEGIN
  INSERT INTO deals_text (rowid, words) VALUES (new.id, new.search);
END;
CREATE TRIGGER deals_text_update AFTER UPDATE OF search ON deals
WHEN old.search IS NOT new.search AND NOT EXISTS (SELECT 1 FROM search_pause) BEGIN
  DELETE FROM deals_text WHERE rowid = old.id;
  INSERT INTO deals_text (rowid, words) VALUES (new.id, new.search);
END;
CREATE TRIGGER deals_text_delete AFTER DELETE ON deals WHEN NOT EXISTS (SELECT 1 FROM search_pause) BEGIN
  DELETE FROM deals_text WHERE rowid = old.id;
END;

CREATE TABLE number_choices (
  number TEXT PRIMARY KEY, contact_id INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE, chosen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX number_choices_contact ON number_choices (contact_id);
ALTER TABLE calls ADD COLUMN deal_id INTEGER REFERENCES deals ON DELETE SET NULL;
CREATE INDEX calls_deal ON calls (deal_id, started_at) WHERE deal_id IS NOT NULL;
CREATE INDEX call_logs_deal ON call_logs (deal_id) WHERE deal_id IS NOT NULL;
CREATE INDEX call_logs_contact ON call_logs (contact_id) WHERE contact_id IS NOT NULL;

CREATE TABLE import_batches (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL, added INTEGER NOT NULL DEFAULT 0, merged INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE import_changes (
  batch_id TEXT NOT NULL REFERENCES import_batches ON DELETE CASCADE,
  contact_id INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE,
  before TEXT,             -- JSON: the contact as it was; null: the import added it
  written_at INTEGER NOT NULL, -- the contact's updated_at after the import; another one means that it has been changed since
  PRIMARY KEY (batch_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_changes_contact ON import_changes (contact_id);
`
