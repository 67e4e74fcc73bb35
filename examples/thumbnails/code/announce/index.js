// Called with the changes of the table, in CBOR. Publishes a message for each row that was put.
const Client = require('@alicloud/mns')
const { decode } = require('./cbor.js')

exports.handler = async (event, context) => {
  const { accountId, region, credentials } = context
  const messages = new Client(accountId, { region, ...credentials })
  let published = 0
  for (const { Type, PrimaryKey, Columns } of decode(event).Records) {
    if (Type !== 'PutRow') continue
    const row = Object.fromEntries(
      [...PrimaryKey, ...Columns].map(({ ColumnName, Value }) => [ColumnName, Value]),
    )
    await messages.publishMessage('thumbnails', { MessageBody: JSON.stringify(row) })
    published++
  }
  return String(published)
}
