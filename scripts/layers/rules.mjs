/**
 * Which folder may import what (docs/architecture.md says why), for dependency-cruiser. `rules.test.ts` plants one violation of
 * each rule and sees it refused.
 */

const tests = '\\.(test|e2e|interop)\\.tsx?$'
const product = '^(main|preload|renderer)/'

/** @param {string} name a package */
const packageNamed = (name) => `(^|/)node_modules/${name}/`

/** What the subjects of main share: ports and the small foundations that app.ts would otherwise hand to everyone. */
const sharedInMain = [
  '^main/[^/]+\\.ts$',
  '^main/[^/]+/port\\.ts$',
  '^main/bridge/',
  '^main/hosts/host\\.ts$',
  '^main/store/(store|job)\\.ts$',
]

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
export const rules = [
  {
    name: 'electron-only-in-its-host',
    comment: 'Main is plain Node; what it needs of a desktop it asks of the Host. Raw ipcMain and ipcRenderer stay there too.',
    severity: 'error',
    from: { path: product, pathNot: ['^main/hosts/electron/', '^preload/bridge\\.ts$'] },
    // Which version is installed is no secret of its host: `doctor` tells it.
    to: { path: [packageNamed('electron'), '^electron(/|$)'], pathNot: 'electron/package\\.json$' },
  },
  {
    name: 'sip-only-in-telephony',
    comment: 'SIP.js is pinned and wrapped: its known faults are handled in one place.',
    severity: 'error',
    from: { path: product, pathNot: '^main/telephony/' },
    to: { path: [packageNamed('sip\\.js'), '^sip\\.js(/|$)'] },
  },
  {
    name: 'ws-only-on-the-wires',
    comment:
      'WebSockets are opened or served by the browser host, the SIP wire, the one way out to the network and the practice server alone.',
    severity: 'error',
    from: { path: product, pathNot: ['^main/hosts/browser/', '^main/telephony/', '^main/practice/', '^main/network/', tests] },
    to: { path: [packageNamed('ws'), packageNamed('@types/ws'), '^ws$'] },
  },
  {
    name: 'renderer-imports-only-the-contract',
    comment: 'Renderers hold copies that arrive over the bridge; of the rest of the program they know its contract alone.',
    severity: 'error',
    from: { path: '^renderer/' },
    to: { path: '^(main|preload|resources|test|scripts)/', pathNot: ['^preload/contract\\.ts$', '^resources/(locales|tones)/'] },
  },
  {
    name: 'renderer-has-no-node',
    comment: 'Renderers are sandboxed web pages.',
    severity: 'error',
    from: { path: '^renderer/', pathNot: tests },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'main-never-imports-renderer',
    severity: 'error',
    from: { path: '^main/' },
    to: { path: '^renderer/' },
  },
  {
    name: 'preload-imports-nothing-of-ours',
    comment: 'The contract stands below both sides.',
    severity: 'error',
    from: { path: '^preload/' },
    to: { path: '^(main|renderer|test|scripts)/' },
  },
  {
    name: 'subjects-keep-to-themselves',
    comment: 'A subject talks to another through the port that app.ts hands it, never by importing its insides.',
    severity: 'error',
    from: { path: '^main/([^/]+)/', pathNot: ['^main/(hosts|cli|practice)/', '^main/store/(worker|registry)\\.ts$', tests] },
    to: { path: '^main/', pathNot: ['^main/$1/', '^main/app[^/]*\\.ts$', ...sharedInMain] },
  },
  {
    name: 'practice-stands-on-telephony',
    comment: "The practice line is a SIP server: it comes in by telephony's front door, and by no other subject's.",
    severity: 'error',
    from: { path: '^main/practice/', pathNot: tests },
    to: { path: '^main/', pathNot: ['^main/practice/', '^main/telephony/index\\.ts$', '^main/app[^/]*\\.ts$', ...sharedInMain] },
  },
  {
    name: 'worker-loads-only-jobs',
    comment: "The store's worker carries out the bulk work of the subjects: their *.jobs.ts, nothing else of theirs.",
    severity: 'error',
    from: { path: '^main/store/(worker|registry)\\.ts$' },
    to: { path: '^main/', pathNot: ['^main/store/', '\\.jobs\\.ts$', ...sharedInMain] },
  },
  {
    name: 'subjects-do-not-import-the-app',
    comment: 'Dependencies run one way: hosts, app, subjects, store.',
    severity: 'error',
    from: { path: '^main/([^/]+)/', pathNot: ['^main/(hosts|cli)/', tests] },
    to: { path: '^main/app[^/]*\\.ts$' },
  },
  {
    name: 'product-imports-no-tests-or-scripts',
    severity: 'error',
    from: { path: product, pathNot: tests },
    to: { path: ['^(test|scripts)/', tests] },
  },
  {
    name: 'main-has-no-development-packages',
    comment: 'What main loads when it runs must be in the package; what renderers import is bundled.',
    severity: 'error',
    from: { path: '^(main|preload)/', pathNot: tests },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
      pathNot: [packageNamed('electron'), '^electron$', packageNamed('@types')],
    },
  },
  {
    name: 'no-cycles',
    comment: 'Of two files that need each other neither can be understood, tested or removed alone.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'everything-resolves',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true, pathNot: ['\\?(raw|url|worker|inline)$', '^virtual:'] },
  },
]
