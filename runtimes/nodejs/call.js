'use strict'
/** Calls a handler in whichever form it is written, and settles exactly once. */
const { HANDLED, UNHANDLED } = require('./frames.js')

/** Whether the function may use the callback although it does not name it. */
const callbackInDisguise = /\.\.\.|\barguments\b|\[native code\]/

function usesCallback(handler, position) {
  return handler.length > position || callbackInDisguise.test(Function.prototype.toString.call(handler))
}

/**
 * `settle(errorKind, value)`: errorKind is 0 for a result. Called back, resolved, or returned by a handler that has no
 * callback; what comes later is ignored, as with the vendor.
 */
function call(handler, values, settle) {
  let isSettled = false
  const once = (kind, value) => {
    if (isSettled) return
    isSettled = true
    settle(kind, value)
  }
  const callback = (error, value) => {
    if (error !== undefined && error !== null) once(HANDLED, error)
    else once(0, value)
  }

  let returned
  try {
    returned = handler(...values, callback)
  } catch (error) {
    once(UNHANDLED, error)
    return
  }
  if (isThenable(returned)) {
    returned.then(
      (value) => once(0, value),
      (error) => once(UNHANDLED, error),
    )
  } else if (!isSettled && !usesCallback(handler, values.length)) {
    once(0, returned)
  }
}

function isThenable(value) {
  return value !== null && typeof value === 'object' && typeof value.then === 'function'
}

module.exports = { call }
