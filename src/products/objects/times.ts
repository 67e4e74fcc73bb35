/** Times as the vendor writes them in documents: clients parse the three decimals literally. */
export const isoTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, '.000Z')
