/** Whether a call asks to be answered by itself, in the ways that switches and standards have for it. */
import { type Head, headersOf } from './message'

/** RFC 5373 Answer-Mode, `answer-after=0` in Call-Info, and the words that switches put into Alert-Info (RFC 7462 names none of them). */
export function asksAutoAnswer(head: Head): boolean {
  const says = (name: string, what: RegExp) => headersOf(head, name).some((value) => what.test(value.slice(0, 1_000)))
  return (
    says('answer-mode', /^\s*auto\s*(?:;|$)/i) ||
    says('call-info', /;\s*answer-after\s*=\s*"?0+"?\s*(?:[;,]|$)/i) ||
    says('alert-info', /\binfo\s*=\s*"?(?:alert-autoanswer|intercom)\b|(?:^|[<;\s])ring-answer\b|\bauto[- ]?answer\b/i)
  )
}
