/**
 * One set-up at a time in one folder: a file that names its owner. An owner that is gone, or has not touched the file for a
 * minute (its number may be another program's by now), has lost it.
 */
import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const touchEvery = 5_000
const lostAfter = 60_000

/**
 * @param {string} path of the lock file
 * @param {() => void} waiting called once when another one holds it
 * @returns {Promise<() => void>} gives it back
 */
export async function lock(path, waiting) {
  mkdirSync(dirname(path), { recursive: true })
  const mine = `${process.pid} ${randomUUID()}`
  let told = false
  while (!take(path, mine)) {
    if (!told) waiting()
    told = true
    await new Promise((done) => setTimeout(done, 200))
  }
  const touch = setInterval(() => utimesSync(path, new Date(), new Date()), touchEvery)
  touch.unref()
  const giveBack = () => {
    clearInterval(touch)
    process.off('exit', giveBack)
    if (contents(path) === mine) rmSync(path, { force: true })
  }
  process.on('exit', giveBack)
  return giveBack
}

/** @param {string} path @param {string} mine @returns {boolean} */
function take(path, mine) {
  const note = `${path}.${mine.split(' ')[1]}`
  writeFileSync(note, mine)
  try {
    linkSync(note, path)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
  } finally {
    rmSync(note, { force: true })
  }
  const theirs = contents(path)
  return theirs !== null && isLost(path, theirs) && inherit(path, theirs, mine)
}

/**
 * Several may find the same lost lock: the one that makes the claim, which is named for that lock, inherits it.
 * @param {string} path @param {string} theirs @param {string} mine @returns {boolean}
 */
function inherit(path, theirs, mine) {
  const claim = `${path}.${theirs.split(' ')[1] ?? 'unnamed'}.claim`
  try {
    writeFileSync(claim, mine, { flag: 'wx' })
  } catch {
    const age = ageOf(claim)
    if (age !== null && age > lostAfter) rmSync(claim, { force: true })
    return false
  }
  try {
    // Between the look and the claim another heir may have come and gone with it.
    if (contents(path) !== theirs) return false
    const note = `${path}.${mine.split(' ')[1]}`
    writeFileSync(note, mine)
    renameSync(note, path)
    return true
  } finally {
    rmSync(claim, { force: true })
  }
}

/** @param {string} path @param {string} theirs */
function isLost(path, theirs) {
  const age = ageOf(path)
  if (age === null) return false
  if (age > lostAfter) return true
  try {
    process.kill(Number(theirs.split(' ')[0]), 0)
    return false
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH'
  }
}

/** @param {string} path @returns {number | null} ms since it was touched */
function ageOf(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? Date.now() - stat.mtimeMs : null
}

/** @param {string} path @returns {string | null} */
function contents(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
