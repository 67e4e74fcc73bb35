// Called with the text of each message of the topic.
exports.handler = async (event) => {
  const { key, thumbnail, bytes } = JSON.parse(event)
  console.log(`${key} (${bytes} bytes) has a thumbnail: ${thumbnail}`)
}
