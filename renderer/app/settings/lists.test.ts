/** What Settings says of an entry before it is sent. */
import { expect, test } from 'vitest'
import { blockedFault, blockedMatches, colleagueFault, mostBlocked } from './lists'

test.each([
  ['+46 8 123', null],
  ['+882*', null],
  ['anna', null],
  ['  ', 'empty'],
  ['*', 'everything'],
  ['+*', 'everything'],
  ['**', 'everything'],
  ['08-123', 'known'],
  ['(08) 123', 'known'],
] as const)('«%s» to block: %s', (entry, fault) => {
  expect(blockedFault(entry, ['08 123'])).toBe(fault)
})

test('there is room for two thousand', () => {
  expect(blockedFault('1', Array<string>(mostBlocked).fill('2'))).toBe('full')
})

test('the list is narrowed to what is typed', () => {
  const blocked = ['+46 8 123', '0900*', 'Anna']
  expect(blockedMatches(blocked, '')).toEqual(blocked)
  expect(blockedMatches(blocked, '8-12')).toEqual(['+46 8 123'])
  expect(blockedMatches(blocked, 'ANN')).toEqual(['Anna'])
})

test('a line is watched once for each account', () => {
  const anna = { id: 'a', name: 'Anna', number: '60 1', accountId: 'x' }
  expect(colleagueFault({ name: '', number: '1', accountId: 'x' }, [], null)).toBe('name')
  expect(colleagueFault({ name: 'B', number: '', accountId: 'x' }, [], null)).toBe('number')
  expect(colleagueFault({ name: 'B', number: '601', accountId: 'x' }, [anna], null)).toBe('known')
  expect(colleagueFault({ name: 'B', number: '601', accountId: 'y' }, [anna], null)).toBe(null)
  expect(colleagueFault({ name: 'Anna B', number: '601', accountId: 'x' }, [anna], 'a')).toBe(null)
})
