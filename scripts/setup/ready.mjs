/**
 * Brings the folder to where its programs run: packages of the lockfile, a Node that is new enough, a build of these sources.
 * When all is there this reads a few files and returns at once.
 */
import { join } from 'node:path'
import { build, whyBuild } from './build.mjs'
import { install, whyInstall } from './install.mjs'
import { lock } from './lock.mjs'
import { chosenNode, fetchNode } from './node.mjs'
import { say } from './say.mjs'

/**
 * @param {string} root
 * @param {{ built: boolean }} needs `check` reads sources only and needs no build
 * @returns {Promise<string>} path of the Node to run
 */
export async function ready(root, needs) {
  const isReady = () => whyInstall(root) === null && chosenNode(root) !== null && (!needs.built || whyBuild(root) === null)
  if (!isReady()) {
    const giveBack = await lock(join(root, '.cache', 'setup.lock'), () => say('Waiting for another set-up in this folder …'))
    try {
      // Asked anew: while we waited, the other set-up has done some or all of it.
      if (whyInstall(root) !== null) await install(root)
      const node = chosenNode(root) ?? (await fetchNode(root).then(() => chosenNode(root)))
      if (node && needs.built && whyBuild(root) !== null) await build(root, node)
    } finally {
      giveBack()
    }
  }
  return /** @type {string} */ (chosenNode(root))
}
