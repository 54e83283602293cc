/** What every subject's words are made of: times, row numbers, and troubles. */
import { z } from 'zod'

/** Milliseconds since 1970-01-01T00:00Z, as the wall clock said. Never subtract two of these: durations come from main. */
export const instant = z.number().int().nonnegative()
/** Milliseconds measured on a monotonic clock. */
export const duration = z.number().nonnegative()
/** A calendar day in the rep's own time zone, `YYYY-MM-DD`. */
export const day = z.iso.date()
/** ISO 3166-1 alpha-2 country, upper case. */
export const country = z.string().regex(/^[A-Z]{2}$/)
export const id = z.string().min(1).max(64)
/** A row's number in the store. */
export const rowId = z.number().int().positive()

/**
 * Something went wrong, in a form that every surface can put into the reader's words: `code` is `FILE.KEY`, a sentence in
 * resources/locales/en/trouble/FILE.json, `params` fill its `{{placeholders}}`, `detail` is the machine's own text, shown only under «Details».
 */
export const trouble = z.object({
  code: z.string().min(1).max(80),
  params: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  detail: z.string().max(4000).optional(),
})
export type Trouble = z.infer<typeof trouble>
