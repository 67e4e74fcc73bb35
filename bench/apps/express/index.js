/** An Express application as an event function: what an adapter such as serverless-http does, in as many lines as it takes. */
const { IncomingMessage, ServerResponse } = require('node:http')
const { Socket } = require('node:net')
const express = require('express')

const app = express()
app.use(express.json())
app.get('/', (_, response) => response.send('hello from express'))

exports.handler = (_event, _context, callback) => {
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  request.url = '/'
  const response = new ServerResponse(request)
  response.end = (body) => callback(null, String(body))
  app(request, response, callback)
}
