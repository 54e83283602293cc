/** Which calls only asked somebody about another call: they have no form, not even after a program that was killed in one. */
export const version = 4
export const sql = `
ALTER TABLE calls ADD COLUMN consultation INTEGER NOT NULL DEFAULT 0 CHECK (consultation IN (0, 1));
`
