'use strict'
/** Errors as the JSON that the vendor's runtime answers: `{"errorMessage", "errorType", "stackTrace"}`. */
const path = require('path')
const { format, types } = require('util')

const ownFolder = __dirname + path.sep
const TEXT_MAX = 256 * 1024
const TRUNCATED = '... Truncated by FunctionCompute'

/** The function cannot be called: its code is missing, broken, or not what the handler's name says. */
class LoadError extends Error {
  constructor(type, message, stack = `${type}: ${message}`) {
    super(message)
    this.name = type
    this.stack = stack
  }
}

const isError = (value) => value instanceof Error || types.isNativeError(value)

/** JSON text. `typeOfOthers` is the type of what is thrown or called back without being an Error. */
function errorJson(error, typeOfOthers) {
  try {
    return JSON.stringify(isError(error) ? ofError(error) : ofOther(error, typeOfOthers))
  } catch (failure) {
    // Getters or toJSON of the function's own error object threw.
    return JSON.stringify({
      errorMessage: `the error cannot be shown: ${safeText(failure)}`,
      errorType: 'Error',
    })
  }
}

function ofError(error) {
  const stack = typeof error.stack === 'string' ? error.stack : String(error)
  return {
    errorMessage: cut(String(error.message)),
    errorType: String(error.name),
    stackTrace: cut(stack)
      .split('\n')
      .filter((line) => !line.includes(ownFolder)),
  }
}

function ofOther(value, errorType) {
  return { errorMessage: cut(messageOf(value)), errorType }
}

function messageOf(value) {
  if (value === undefined || value === null) return ''
  if (Buffer.isBuffer(value)) return value.toString()
  if (typeof value === 'object') return JSON.stringify(value) ?? ''
  return String(value)
}

const cut = (text) => (text.length <= TEXT_MAX ? text : text.slice(0, TEXT_MAX) + TRUNCATED)

function safeText(value) {
  try {
    return format('%s', value)
  } catch {
    return 'no text'
  }
}

module.exports = { LoadError, errorJson, isError, safeText }
