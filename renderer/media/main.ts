/** Starts the media page: a hidden window in Electron, a hidden frame of one app page in the browser host. */
import { connectBridge } from '../bridge/connect'
import { runMediaPage } from './page'

void runMediaPage(connectBridge('media'))
