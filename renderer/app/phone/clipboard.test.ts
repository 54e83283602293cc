import { describe, expect, it } from 'vitest'
import { numbersIn } from './clipboard'

describe('numbers in a copied text', () => {
  it('are the text itself when it is nothing else', () => {
    for (const text of ['600', '+46 8 123 45 67', '\u202a+46\u00a08\u00a0123 45 67\u202c\n', 'sip:anna@pbx.example', '1-800-FLOWERS'])
      expect(numbersIn(text), text).toHaveLength(1)
    expect(numbersIn(' +46 8 123 45 67\n')).toEqual(['+46 8 123 45 67'])
  })
  it('are found among words, with a country code first and each once', () => {
    expect(numbersIn('Anna Björk\nDirect: 08-123 45 67, mobile +46 70 987 65 43 (also +46709876543)')).toEqual([
      '+46 70 987 65 43',
      '08-123 45 67',
    ])
    expect(numbersIn('Call (020) 7946 0018 tomorrow.')).toEqual(['(020) 7946 0018'])
  })
  it('are not dates, prices, order numbers, addresses or star codes', () => {
    for (const text of [
      'Invoice 2026-11-20 of 1,250 EUR',
      '20.11.2026 14:03',
      'see https://example.com/12345678',
      'anna1234567@example.com and more',
      'id a1234567890',
      '*21*0812345678#',
      '4111 1111 1111 1111 1111',
      '',
      'no numbers here',
    ])
      expect(numbersIn(text), text).toEqual([])
  })
  it('end with the text, however long it is', () => {
    const begun = performance.now()
    expect(numbersIn('1 2 '.repeat(200_000))).toEqual([])
    expect(numbersIn('x'.repeat(1_000_000))).toEqual([])
    expect(numbersIn(Array.from({ length: 50 }, (_, n) => `08 123 45 ${n + 10}`).join('\n'))).toHaveLength(4)
    // Not a limit on speed: what hangs would take minutes.
    expect(performance.now() - begun).toBeLessThan(20_000)
  })
})
