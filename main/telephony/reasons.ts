/** Why a call was cancelled, as far as the network says so. */

/** RFC 3326: the call was cancelled because someone else took it. Q.850 cause 26 is said by switches that know no SIP cause. */
export function takenElsewhere(reasons: readonly string[]): boolean {
  return reasons
    .flatMap((reason) => reason.split(','))
    .map((reason) => ({ protocol: /^\s*([^\s;]+)/.exec(reason)?.[1]?.toUpperCase(), cause: /;\s*cause\s*=\s*"?(\d+)/i.exec(reason)?.[1] }))
    .some(({ protocol, cause }) => (protocol === 'SIP' && cause === '200') || (protocol === 'Q.850' && cause === '26'))
}
