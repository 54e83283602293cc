/** Contacts out of files: what a file holds, what its columns mean, and what became of it. */
import { z } from 'zod'
import { id, instant, trouble } from './common'

/** What a CSV column holds; `ignore`: nothing that a contact has. */
export const columnField = z.enum([
  'ignore',
  'name',
  'first',
  'middle',
  'last',
  'organization',
  'title',
  'email',
  'note',
  'labels',
  'country',
  'uid',
  'phone-work',
  'phone-mobile',
  'phone-home',
  'phone-main',
  'phone-fax',
  'phone-other',
])
export type ColumnField = z.infer<typeof columnField>
export const textEncoding = z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'])
export const delimiter = z.enum([',', ';', '\t', '|'])

/** How a file is read; what is absent is found out. One field for each column of a CSV. */
export const importOptions = z.object({
  encoding: textEncoding.optional(),
  delimiter: delimiter.optional(),
  columns: z.array(columnField).max(500).optional(),
})
export type ImportOptions = z.infer<typeof importOptions>

/** The beginning of a file as it will be read. */
export const importPreview = z.object({
  kind: z.enum(['csv', 'vcard']),
  encoding: textEncoding,
  /** Null for vCards. */
  delimiter: delimiter.nullable(),
  /** Empty for vCards. */
  columns: z.array(z.object({ heading: z.string(), field: columnField, samples: z.array(z.string()).max(3) })),
  /** The first contacts that it makes, for reading. */
  contacts: z
    .array(z.object({ name: z.string(), organization: z.string(), phones: z.array(z.string()), emails: z.array(z.string()) }))
    .max(20),
  refused: z.array(z.object({ line: z.number().int(), trouble })).max(20),
})
export type ImportPreview = z.infer<typeof importPreview>

export const importReport = z.object({
  /** The step that `import.undo` takes back; null: nothing was changed. */
  batchId: id.nullable(),
  read: z.number().int(),
  added: z.number().int(),
  /** Already there, unchanged or completed. */
  merged: z.number().int(),
  /** How many of those a CRM holds: such a contact is left as it is. */
  inCrm: z.array(z.object({ connectionId: id, count: z.number().int() })),
  /** Lines that could not be used, the first hundred of them. */
  refused: z.array(z.object({ line: z.number().int(), trouble })),
})
export type ImportReport = z.infer<typeof importReport>

/** An earlier import that can be taken back as one step. */
export const importBatch = z.object({ id, name: z.string(), at: instant, added: z.number().int(), merged: z.number().int() })
export type ImportBatch = z.infer<typeof importBatch>
