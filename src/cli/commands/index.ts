/** Every command, by what is typed. Loaded when it is typed: `hanshu version` does not read the zip writer. */
import type { Command } from '../command.ts'

export interface CommandEntry {
  summary: string
  load(): Promise<Command>
}

export const commands: Readonly<Record<string, CommandEntry>> = {
  up: { summary: 'Start the platform', load: async () => (await import('./up.ts')).up },
  status: {
    summary: 'Show what the platform is doing',
    load: async () => (await import('./status.ts')).status,
  },
  top: { summary: 'Watch what functions are doing', load: async () => (await import('./top.ts')).top },
  deploy: {
    summary: 'Deploy the functions of an s.yaml',
    load: async () => (await import('./deploy.ts')).deploy,
  },
  dev: {
    summary: 'Deploy an s.yaml again at every change, and debug',
    load: async () => (await import('./dev.ts')).dev,
  },
  invoke: { summary: 'Invoke a function', load: async () => (await import('./invoke.ts')).invoke },
  logs: { summary: 'Read the logs of a function', load: async () => (await import('./logs.ts')).logs },
  bill: { summary: 'Show what a month costs', load: async () => (await import('./bill.ts')).bill },
  'function list': {
    summary: 'List functions',
    load: async () => (await import('./function/list.ts')).functionList,
  },
  'function get': {
    summary: 'Show a function and its triggers',
    load: async () => (await import('./function/get.ts')).functionGet,
  },
  'function remove': {
    summary: 'Remove a function with its triggers',
    load: async () => (await import('./function/remove.ts')).functionRemove,
  },
  'layer publish': {
    summary: 'Publish a folder as a new version of a layer',
    load: async () => (await import('./layer/publish.ts')).layerPublish,
  },
  'layer list': { summary: 'List layers', load: async () => (await import('./layer/list.ts')).layerList },
  'trigger list': {
    summary: 'List triggers, and how far their events have got',
    load: async () => (await import('./trigger/list.ts')).triggerList,
  },
  'trigger show': {
    summary: 'Show a trigger',
    load: async () => (await import('./trigger/show.ts')).triggerShow,
  },
  'trigger pause': {
    summary: 'Hold back the events of a trigger',
    load: async () => (await import('./trigger/pause.ts')).triggerPause,
  },
  'trigger resume': {
    summary: 'Hand on the events of a trigger again',
    load: async () => (await import('./trigger/pause.ts')).triggerResume,
  },
  'trigger replay': {
    summary: 'Call again with events that were given up',
    load: async () => (await import('./trigger/replay.ts')).triggerReplay,
  },
  'async dead-letters': {
    summary: 'List what of asynchronous invocations could not be delivered',
    load: async () => (await import('./async/dead-letters.ts')).asyncDeadLetters,
  },
  'async redrive': {
    summary: 'Put dead letters back into the queue',
    load: async () => (await import('./async/redrive.ts')).asyncRedrive,
  },
  'async purge': {
    summary: 'Remove dead letters for good',
    load: async () => (await import('./async/purge.ts')).asyncPurge,
  },
  'oss ls': {
    summary: 'List buckets, or what is in one',
    load: async () => (await import('./oss/ls.ts')).ossLs,
  },
  'oss cp': {
    summary: 'Copy files to, from and between buckets',
    load: async () => (await import('./oss/cp.ts')).ossCp,
  },
  'oss sync': {
    summary: 'Make one folder or prefix like another',
    load: async () => (await import('./oss/sync.ts')).ossSync,
  },
  'oss rm': { summary: 'Remove objects', load: async () => (await import('./oss/rm.ts')).ossRm },
  'oss mb': { summary: 'Make a bucket', load: async () => (await import('./oss/buckets.ts')).ossMb },
  'oss rb': {
    summary: 'Remove a bucket that is empty',
    load: async () => (await import('./oss/buckets.ts')).ossRb,
  },
  'oss presign': {
    summary: 'Print a URL that lets others read an object',
    load: async () => (await import('./oss/presign.ts')).ossPresign,
  },
  'ots list': {
    summary: 'List the tables of an instance',
    load: async () => (await import('./ots/tables.ts')).otsList,
  },
  'ots describe': {
    summary: 'Show the key and options of a table',
    load: async () => (await import('./ots/tables.ts')).otsDescribe,
  },
  'ots create-table': {
    summary: 'Create a table',
    load: async () => (await import('./ots/tables.ts')).otsCreateTable,
  },
  'ots drop-table': {
    summary: 'Drop a table with its rows',
    load: async () => (await import('./ots/tables.ts')).otsDropTable,
  },
  'ots get': { summary: 'Print a row of a table', load: async () => (await import('./ots/rows.ts')).otsGet },
  'ots put': { summary: 'Put a row into a table', load: async () => (await import('./ots/rows.ts')).otsPut },
  'ots update': {
    summary: 'Change columns of a row',
    load: async () => (await import('./ots/rows.ts')).otsUpdate,
  },
  'ots delete': {
    summary: 'Delete a row of a table',
    load: async () => (await import('./ots/rows.ts')).otsDelete,
  },
  'ots range': {
    summary: 'Print the rows of a range of keys',
    load: async () => (await import('./ots/range.ts')).otsRange,
  },
  'mns list': {
    summary: 'List queues and topics',
    load: async () => (await import('./mns/list.ts')).mnsList,
  },
  'mns create': {
    summary: 'Create a queue, or a topic',
    load: async () => (await import('./mns/create.ts')).mnsCreate,
  },
  'mns delete': {
    summary: 'Delete a queue, or a topic',
    load: async () => (await import('./mns/delete.ts')).mnsDelete,
  },
  'mns send': {
    summary: 'Send a message to a queue',
    load: async () => (await import('./mns/send.ts')).mnsSend,
  },
  'mns receive': {
    summary: 'Receive messages of a queue',
    load: async () => (await import('./mns/receive.ts')).mnsReceive,
  },
  'mns peek': {
    summary: 'Look at the messages of a queue',
    load: async () => (await import('./mns/receive.ts')).mnsPeek,
  },
  'mns publish': {
    summary: 'Publish a message to a topic',
    load: async () => (await import('./mns/send.ts')).mnsPublish,
  },
  'mns subscribe': {
    summary: 'Have the messages of a topic sent on',
    load: async () => (await import('./mns/subscribe.ts')).mnsSubscribe,
  },
  'mns unsubscribe': {
    summary: 'End a subscription of a topic',
    load: async () => (await import('./mns/subscribe.ts')).mnsUnsubscribe,
  },
  identity: {
    summary: 'Manage users, access keys, roles and policies',
    load: async () => (await import('./identity.ts')).identity,
  },
  audit: {
    summary: 'Show who called which operation',
    load: async () => (await import('./audit.ts')).audit,
  },
  'event generate': {
    summary: 'Make up an event of a trigger',
    load: async () => (await import('./event/generate.ts')).eventGenerate,
  },
  'event list': {
    summary: 'List the types of events',
    load: async () => (await import('./event/list.ts')).eventList,
  },
  snapshot: {
    summary: 'Write all that a running platform keeps to one file',
    load: async () => (await import('./snapshot.ts')).snapshot,
  },
  restore: {
    summary: 'Make a data folder of a snapshot',
    load: async () => (await import('./restore.ts')).restore,
  },
  scrub: {
    summary: 'Have all copies of objects verified now',
    load: async () => (await import('./scrub.ts')).scrub,
  },
  version: { summary: 'Print the version', load: async () => (await import('./version.ts')).version },
  help: { summary: 'Say more about a command', load: async () => (await import('./help.ts')).help },
}
