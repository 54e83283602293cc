/** Asks Pipedrive one thing and reads the answer's shape. */
import { type CrmRequest, type CrmSend, CrmTrouble } from '../crm'
import { costs } from './service'
import { badReply, envelopeOf, isRow, pageOf, type Row, rowsOf } from './shape'

/** All rows of a list that fits into one page. */
export async function askList(send: CrmSend, path: string, cost: number = costs.list, query: CrmRequest['query'] = {}): Promise<Row[]> {
  const wide = cost === costs.list ? { limit: 500, ...query } : query
  const reply = await send({ path, query: wide, cost })
  return rowsOf(pageOf(reply.body).rows)
}

/** One record. */
export async function askOne(send: CrmSend, request: CrmRequest): Promise<Row> {
  const { data } = envelopeOf((await send(request)).body)
  if (!isRow(data)) throw badReply('no record')
  return data
}

/** The same for what Ringbook can do without: where this token may not see it, or the plan does not have it, there is none. */
export async function askListIfAny(send: CrmSend, path: string, cost?: number): Promise<Row[]> {
  try {
    return await askList(send, path, cost)
  } catch (error) {
    if (isKept(error)) return []
    throw error
  }
}

/** The CRM has it not, or not for this token. */
export function isKept(error: unknown): boolean {
  const status = statusOf(error)
  return error instanceof CrmTrouble && error.trouble.code !== 'crm.blocked' && (status === 402 || status === 403 || status === 404)
}

/** What the CRM answered when it refused; null: it did not answer. */
export function statusOf(error: unknown): number | null {
  return error instanceof CrmTrouble ? error.status : null
}
