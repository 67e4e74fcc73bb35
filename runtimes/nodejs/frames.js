'use strict'
/** Types of frames, see ../protocol.md. */
module.exports = {
  BIND: 1,
  INVOKE: 2,
  INITIALIZE: 3,
  PRE_STOP: 4,
  WARM: 5,
  READY: 64,
  RESULT: 65,
  ERROR: 66,
  LOG: 67,
  HANDLED: 1,
  UNHANDLED: 2,
  FATAL: 3,
}
