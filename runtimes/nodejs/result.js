'use strict'
/** What a handler returned, as bytes. */
const empty = Buffer.alloc(0)

function resultBytes(value) {
  if (value === undefined || value === null) return empty
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') return Buffer.from(value)
  // Undefined: an object whose toJSON returns nothing.
  if (typeof value === 'object') return Buffer.from(JSON.stringify(value) ?? '')
  return Buffer.from(String(value))
}

module.exports = { resultBytes }
