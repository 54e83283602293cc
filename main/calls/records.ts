/** One line of History as it stands in the store: the columns to select, and a row made into a CallRecord. */
import type { CallRecord, CallResult, Direction, Outcome, Trouble } from '../../preload/contract'
import { callRecord, trouble as troubleSchema } from '../../preload/contract'

/** How a number is written for the rep: in its own country's way, international when it is abroad. */
export type NumberDisplay = (number: string, e164: string | null) => string

/** Names are live where the contact still exists, else the copy that was kept with the call. */
export const recordColumns = `c.id, c.account_id AS accountId, c.account_label AS accountLabel, c.direction, c.number, c.e164,
  c.network_name AS networkName, c.called_line AS calledLine, c.contact_id AS contactId,
  coalesce(p.name, c.contact_name) AS contactName, CASE WHEN p.id IS NULL THEN c.organization ELSE o.name END AS organization,
  c.started_at AS startedAt, c.utc_offset AS utcOffset, c.answered_at AS answeredAt, c.ring_ms AS ringMs, c.talk_ms AS talkMs,
  c.result, c.trouble, c.transferred_to AS transferredTo, c.recording, q.codec, q.mos, q.worst_mos AS worstMos, q.round_trip_ms AS roundTrip,
  q.jitter_ms AS jitter, q.loss, l.state AS logState, l.outcome, l.notes, l.follow_up_kind AS followUpKind, l.follow_up_due AS followUpDue,
  l.contact_id AS logContactId, l.deal_id AS dealId, l.revision, l.saved_at AS savedAt`
export const recordTables = `calls c LEFT JOIN contacts p ON p.id = c.contact_id LEFT JOIN organizations o ON o.id = p.organization_id
  LEFT JOIN call_logs l ON l.call_id = c.id LEFT JOIN call_quality q ON q.call_id = c.id`

export interface RecordRow {
  id: string
  accountId: string
  accountLabel: string
  direction: Direction
  number: string
  e164: string | null
  networkName: string | null
  calledLine: string | null
  contactId: number | null
  contactName: string | null
  organization: string | null
  startedAt: number
  utcOffset: number
  answeredAt: number | null
  ringMs: number
  talkMs: number
  result: CallResult | null
  trouble: string | null
  transferredTo: string | null
  recording: string | null
  /** Null when nothing of its sound was kept. */
  codec: string | null
  mos: number | null
  worstMos: number | null
  roundTrip: number | null
  jitter: number | null
  loss: number | null
  logState: 'draft' | 'saved' | 'skipped' | null
  outcome: Outcome | null
  notes: string | null
  followUpKind: string | null
  followUpDue: string | null
  logContactId: number | null
  dealId: number | null
  revision: number | null
  savedAt: number | null
}

export function toRecord(row: RecordRow, display: NumberDisplay): CallRecord {
  const { e164, trouble, logState, outcome, notes, followUpKind, followUpDue, logContactId, dealId, revision, savedAt, ...rest } = row
  const { codec, mos, worstMos, roundTrip, jitter, loss, recording, ...call } = rest
  const followUp = followUpKind && followUpDue ? { kind: followUpKind, dueOn: followUpDue } : null
  return {
    ...call,
    display: row.number ? display(row.number, e164) : '',
    trouble: storedTrouble(trouble),
    recorded: recording !== null,
    quality: codec === null && mos === null && loss === null ? null : { codec, mos, worstMos, roundTrip, jitter, loss, samples: [] },
    log:
      logState === null
        ? null
        : {
            callId: row.id,
            state: logState,
            outcome,
            notes: notes ?? '',
            followUp: knownFollowUp(followUp),
            contactId: logContactId,
            dealId,
            revision: revision ?? 0,
            savedAt,
          },
  }
}

const logShape = callRecord.shape.log.unwrap().shape

/** The file may have been edited by its owner: what cannot be read is left out rather than failing the whole page. */
function knownFollowUp(value: unknown) {
  const parsed = logShape.followUp.safeParse(value)
  return parsed.success ? parsed.data : null
}

function storedTrouble(json: string | null): Trouble | null {
  if (json === null) return null
  try {
    const parsed = troubleSchema.safeParse(JSON.parse(json))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
