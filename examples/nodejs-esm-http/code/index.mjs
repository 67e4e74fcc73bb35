/** Handles the event that an HTTP trigger makes of a request; its reply becomes the response. */
export const handler = async (event) => {
  const {
    rawPath,
    queryParameters = {},
    headers = {},
    body = '',
    isBase64Encoded,
    requestContext,
  } = JSON.parse(event.toString())
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body

  if (rawPath === '/teapot') return reply(418, { error: "I'm a teapot" })
  return reply(200, {
    method: requestContext.http.method,
    path: rawPath,
    query: queryParameters,
    contentType: headers['Content-Type'] ?? null,
    body: text,
  })
}

function reply(statusCode, value) {
  return {
    statusCode,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'X-Example': 'nodejs-esm-http' },
    isBase64Encoded: false,
    body: JSON.stringify(value),
  }
}
