/** The screen-pop's own window (Electron): the same incoming calls as in the page, filling the window. */
import { mountPop } from '../app/mount'
import { connectBridge } from '../bridge/connect'

const element = document.getElementById('root')
if (!element) throw new Error('the page has no root')
mountPop(connectBridge('pop'), element)
