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

/** What the CRM answered when it refused; null: it did not answer. */
export function statusOf(error: unknown): number | null {
  return error instanceof CrmTrouble ? error.status : null
}
