/** Letters of names in several scripts. */
import { expect, it } from 'vitest'
import { letterOf } from './letters'

it('takes the letter of names in alphabets, accents kept', () => {
  expect(['anna', 'Åsa', 'Łukasz', 'Élodie', 'ياسمين', 'Ωmega', 'жанна'].map(letterOf)).toEqual(['A', 'Å', 'Ł', 'É', 'ي', 'Ω', 'Ж'])
})

it('takes an accent that is written apart as the same letter', () => {
  expect(letterOf('A\u030Asa')).toBe('Å')
})

it('groups Hangul by its initial consonant and the rest under one sign', () => {
  expect(['김민준', '강서연', '이도윤'].map(letterOf)).toEqual(['ㄱ', 'ㄱ', 'ㅇ'])
  expect(['山田', '3M', '', ' «x»'].map(letterOf)).toEqual(['#', '#', '#', '#'])
})
