/** Why a call was cancelled, as far as the network says so. */

/** RFC 3326: the call was cancelled because someone else took it. Q.850 cause 26 is said by switches that know no SIP cause. */
export function takenElsewhere(reasons: readonly string[]): boolean {
  return reasons.some(
    (reason) => /\bSIP\s*;[^,]*\bcause\s*=\s*"?200\b/i.test(reason) || /\bQ\.850\s*;[^,]*\bcause\s*=\s*"?26\b/i.test(reason),
  )
}
