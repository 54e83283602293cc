import { describe, expect, it } from 'vitest'
import { digitOf, isVanityNumber, lettersToDigits, tonesOf } from './letters'

describe('letters on the keys', () => {
  it('stand for the digits that E.161 gives them', () => {
    expect(lettersToDigits('abcdefghijklmnopqrstuvwxyz')).toBe('22233344455566677778889999')
    expect(digitOf('Q')).toBe('7')
    expect(digitOf('ä')).toBeNull()
    expect(digitOf('7')).toBeNull()
  })
  it('make numbers of words in a dial field, never of names', () => {
    for (const number of ['1-800-FLOWERS', '1 800 GO-FEDEX', '+1-800-flowers', '0800 REVERSE', '1-888-CALL-NOW'])
      expect(isVanityNumber(number), number).toBe(true)
    for (const name of ['Anna', '3com', '24 Hour Care', '123 Main Street', '600 Anna', 'Anna 1234567', '1-800-', 'FLOWERS', '112 ab'])
      expect(isVanityNumber(name), name).toBe(false)
  })
  it('are tones of a keypad, with pauses, and nothing else is', () => {
    expect(tonesOf('1234,,56#')).toBe('1234,,56#')
    expect(tonesOf(' 12 34-56\u202c ')).toBe('123456')
    expect(tonesOf('ANNA*')).toBe('2662*')
    expect(tonesOf('12€')).toBeNull()
    expect(tonesOf('code: 12')).toBeNull()
  })
})
