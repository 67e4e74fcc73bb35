'use strict'
/** The `context` that a handler gets: plain data and a logger, so that it survives JSON.stringify and console.dir. */
const { logger } = require('./output.js')

function makeContext(settings, head) {
  const { credentials = {}, tracing = {} } = head
  return {
    requestId: head.requestId,
    credentials: {
      accessKeyId: credentials.accessKeyId ?? '',
      accessKeySecret: credentials.accessKeySecret ?? '',
      securityToken: credentials.securityToken ?? '',
    },
    function: {
      name: settings.functionName,
      handler: settings.handler,
      memory: settings.memoryMb,
      timeout: settings.timeoutS,
      ...(settings.initializer
        ? { initializer: settings.initializer, initializationTimeout: settings.initializerTimeoutS }
        : {}),
    },
    service: {
      name: settings.serviceName ?? '',
      logProject: settings.logProject ?? '',
      logStore: settings.logStore ?? '',
      qualifier: settings.qualifier ?? '',
      versionId: settings.versionId ?? '',
    },
    region: settings.region,
    accountId: settings.accountId,
    logger: { ...logger },
    retryCount: head.retryCount ?? 0,
    tracing: {
      openTracingSpanContext: tracing.openTracingSpanContext ?? '',
      openTracingSpanBaggages: tracing.openTracingSpanBaggages ?? {},
      jaegerEndpoint: tracing.jaegerEndpoint ?? '',
    },
    waitsForEmptyEventLoopBeforeCallback: false,
  }
}

const environmentNames = {
  ALIBABA_CLOUD_ACCESS_KEY_ID: 'accessKeyId',
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'accessKeySecret',
  ALIBABA_CLOUD_SECURITY_TOKEN: 'securityToken',
}
let shownKeyId

/** The role's credentials are variables too, unless the function sets these itself. */
function showCredentials(settings, credentials) {
  if (credentials === undefined || credentials.accessKeyId === shownKeyId) return
  shownKeyId = credentials.accessKeyId
  for (const [name, field] of Object.entries(environmentNames)) {
    if (settings.env?.[name] === undefined) process.env[name] = credentials[field] ?? ''
  }
}

module.exports = { makeContext, showCredentials }
