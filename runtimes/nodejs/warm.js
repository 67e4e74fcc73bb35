'use strict'
/** The handler that WARM frames run: touches what first invocations usually touch. */
exports.handler = async (event, context) => {
  await null
  return JSON.stringify({
    event: event.toString(),
    requestId: context.requestId,
    at: new Date().toISOString(),
  })
}
exports.withCallback = (event, _context, callback) =>
  callback(null, { event: JSON.parse(event.toString() || '{}') })
