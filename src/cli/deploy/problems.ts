import { z } from 'zod'
import { didYouMean } from '../suggest.ts'

/** Each problem with the place where it is; a property that is not known, with the one that was probably meant. */
export function wordProblems(error: z.ZodError, where: string, schema: z.ZodType): string {
  const problems = error.issues.flatMap((issue) => {
    const place = [where, ...issue.path.map(String)].join('.')
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(schema, issue.path)
      return issue.keys.map((key) => `${place}.${key} is not known.${didYouMean(key, known)}`)
    }
    if (issue.code === 'invalid_union' && issue.path[0] === 'code') {
      return [`${place} is a folder or zip file, {src}, or {ossBucketName, ossObjectName}.`]
    }
    return [`${place}: ${issue.message}`]
  })
  return problems.join('\n  ')
}

/** The properties that the mapping at a path may have; none where that is not clear. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const inner = unwrapped(schema)
  if (inner instanceof z.ZodArray) return keysAt(inner.element as z.ZodType, path.slice(1))
  if (!(inner instanceof z.ZodObject)) return []
  const shape = inner.shape as Record<string, z.ZodType>
  const [key, ...rest] = path
  if (key === undefined) return Object.keys(shape)
  const member = shape[String(key)]
  return member ? keysAt(member, rest) : []
}

function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return unwrapped(schema.unwrap() as z.ZodType)
  return schema
}
