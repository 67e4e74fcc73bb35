// Called for each picture that is put under in/. Makes a small one beside it and notes it in a table.
const OSS = require('ali-oss')
const TableStore = require('tablestore')

const WIDTH = 120

exports.handler = async (event, context) => {
  const { region, credentials } = context
  const { accessKeyId, accessKeySecret, securityToken } = credentials
  const table = new TableStore.Client({
    endpoint: `https://thumbnails.${region}.ots.aliyuncs.com`,
    instancename: 'thumbnails',
    accessKeyId,
    secretAccessKey: accessKeySecret,
    stsToken: securityToken,
  })
  const made = []
  for (const { oss } of JSON.parse(event).events) {
    const { bucket, object } = oss
    const pictures = new OSS({
      region: `oss-${region}`,
      bucket: bucket.name,
      accessKeyId,
      accessKeySecret,
      stsToken: securityToken,
      secure: true,
    })
    const thumbnail = object.key.replace(/^in\//, 'out/')
    await pictures.processObjectSave(object.key, thumbnail, `image/resize,w_${WIDTH}/format,jpg`)
    await table.putRow({
      tableName: 'thumbnails',
      condition: new TableStore.Condition(TableStore.RowExistenceExpectation.IGNORE, null),
      primaryKey: [{ key: object.key }],
      attributeColumns: [
        { bucket: bucket.name },
        { thumbnail },
        { bytes: TableStore.Long.fromNumber(object.size) },
      ],
    })
    console.log(`${object.key} -> ${thumbnail}`)
    made.push(thumbnail)
  }
  return JSON.stringify(made)
}
