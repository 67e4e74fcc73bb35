const { greet } = require('greeting')

exports.handler = async (event) => {
  const { name = 'world' } = event.length > 0 ? JSON.parse(event.toString()) : {}
  return greet(name)
}
