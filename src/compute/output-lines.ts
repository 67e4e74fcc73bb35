import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

const unfinishedCharactersMax = 32 * 1024

/**
 * Whole lines of what a program prints. A line without an end is handed over when it grows past 32 KB or the stream
 * ends, so a program that never prints a newline takes no more memory than one that does.
 */
export function onOutputLines(output: Readable, take: (lines: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let unfinished = ''
  output.on('data', (chunk: Buffer) => {
    const text = unfinished + decoder.write(chunk)
    const end = text.lastIndexOf('\n') + 1
    if (end > 0) take(text.slice(0, end))
    unfinished = text.slice(end)
    if (unfinished.length > unfinishedCharactersMax) {
      take(`${unfinished}\n`)
      unfinished = ''
    }
  })
  output.once('close', () => {
    const text = unfinished + decoder.end()
    if (text !== '') take(`${text}\n`)
    unfinished = ''
  })
  // An output that breaks ends; the instance's exit says why.
  output.on('error', () => {})
}
