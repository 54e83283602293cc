/** The self-checks as a text to be sent, and their outcome in one word. */
import type { i18n } from 'i18next'
import type { SelfCheck } from '../../../preload/contract'
import { describeTrouble } from '../trouble'

/** What all checks together say: the worst of them, and how many say so. `key`: under `checks` in help.json. */
export function verdictOf(checks: readonly SelfCheck[]): { state: 'ok' | 'warning' | 'failed'; key: string; count: number } {
  const count = (state: SelfCheck['state']) => checks.filter((check) => check.state === state).length
  if (count('failed') > 0) return { state: 'failed', key: 'wrong', count: count('failed') }
  if (count('warning') > 0) return { state: 'warning', key: 'odd', count: count('warning') }
  return { state: 'ok', key: 'well', count: checks.length }
}

/** One numbered paragraph for each check, as they stand on the screen, with their details. */
export function reportOf(checks: readonly SelfCheck[], catalogue: i18n, about: { version: string; host: string; at: Date }): string {
  const t = catalogue.getFixedT(null, 'help')
  const head = t('report.head', { version: about.version, host: about.host, time: about.at.toISOString() })
  const lines = checks.map(({ title, params, state, finding }, index) => {
    const first = `${index + 1}. ${t(`check.${title}`, params)}: ${t(`state.${state}`)}`
    const sentence = finding ? [`   ${describeTrouble(finding, catalogue)}`] : []
    const detail = finding
      ? [
          `   [${finding.code}]`,
          ...(finding.detail ?? '')
            .split('\n')
            .filter(Boolean)
            .map((line) => `   ${line}`),
        ]
      : []
    return [first, ...sentence, ...detail].join('\n')
  })
  return `${[head, ...lines].join('\n')}\n`
}
