// The event is a Buffer: whoever invokes the function decides what is in it.
exports.handler = async (event, context) => {
  const { name = 'world', fail } = event.length > 0 ? JSON.parse(event.toString()) : {}
  if (fail) throw new Error(fail)
  console.log(`greeting ${name}`)
  return { message: `${process.env.GREETING}, ${name}!`, requestId: context.requestId }
}
