import type { ServerOptions } from 'node:http'

/** As long as a function may run: a client may stream its body for all of that time. */
const LONGEST_REQUEST_MS = 24 * 60 * 60_000

/** For listeners that serve user code to anyone: Node's strict parser, our timeouts. */
export const strictServerOptions: ServerOptions = {
  // Node's default of 5 minutes cuts off long uploads; none at all would let a stalled one stay for ever.
  requestTimeout: LONGEST_REQUEST_MS,
  // The head alone must be there soon; slow heads are an attack, not a slow line.
  headersTimeout: 60_000,
  // Clients keep connections for up to 60 s. Closing first, at Node's 5 s, races with their next request.
  keepAliveTimeout: 65_000,
  // 8 KB of user headers, a security token and a signature must fit with room to spare.
  maxHeaderSize: 32 * 1024,
}

/**
 * For the products' own APIs. ali-oss (a stream with a length) and urllib send Content-Length and Transfer-Encoding
 * together, which Node's strict parser answers with 400 before we see it; the lenient one reads the chunks.
 */
export const serverOptions: ServerOptions = { ...strictServerOptions, insecureHTTPParser: true }
