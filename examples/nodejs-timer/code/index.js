// A tick is an event of its own: when it was, the name of the trigger, and the payload that the trigger was given.
exports.handler = async (event) => {
  const { triggerTime, triggerName, payload } = JSON.parse(event.toString())
  console.log(`${triggerName} at ${triggerTime}: ${payload || 'no payload'}`)
}
