/** Whose a cached record is, and whether it can be looked at where it came from. */

/** Whether a record has a page in the CRM that it came from (`RecordPages`). */
export type CanOpen = (type: 'contact' | 'organization' | 'deal' | 'lead', source: string, externalId: string | null) => boolean
export const opensNowhere: CanOpen = () => false

/** Who owns a row of the table `x`, and whether that is the rep: columns `owner` and `owner_is_me`. */
export const ownerColumns = (x: string) =>
  `(SELECT name FROM crm_users WHERE connection_id = ${x}.source AND external_id = ${x}.owner_id) AS owner,
   EXISTS (SELECT 1 FROM connections WHERE id = ${x}.source AND user_id = ${x}.owner_id) AS owner_is_me`
