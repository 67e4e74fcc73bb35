'use strict'
/** Types of frames, see ../protocol.md. */
module.exports = {
  BIND: 1,
  INVOKE: 2,
  INITIALIZE: 3,
  PRE_STOP: 4,
  WARM: 5,
  TAKE_BACK: 6,
  READY: 64,
  RESULT: 65,
  ERROR: 66,
  LOG: 67,
  RETURNED: 68,
  TOOK: 69,
  TAKES_BACK: 1,
  HANDLED: 1,
  UNHANDLED: 2,
  FATAL: 3,
}
