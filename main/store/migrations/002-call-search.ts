/**
 * What calls and notes are searched by, folded once when it is written (lower case, no accents): a call's names and the
 * digits of its number, a log's notes. Names of contacts that still exist are searched where they live, in contacts.search.
 */
export const version = 2
export const sql = `
ALTER TABLE calls ADD COLUMN search TEXT;
ALTER TABLE call_logs ADD COLUMN search TEXT;
`
