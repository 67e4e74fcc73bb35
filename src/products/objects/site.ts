/** A bucket as a web site: pages for folders, and for what is not there. For readers that did not sign. */
import { ApiError } from '../../wire/api-error.ts'
import { authorize } from './access.ts'
import { findObject, isObjectName } from './object.ts'
import type { BucketContext, Reply } from './product.ts'
import { serve } from './serving.ts'
import { findSetting } from './settings.ts'
import type { WebsiteSetting } from './website.ts'
import type { Headers } from './writing.ts'

interface Asked {
  headers: Headers
  query: URLSearchParams
}

/** The site's first page, where the bucket is a site; undefined where it is none. */
export async function serveFirstPage(context: BucketContext, asked: Asked): Promise<Reply | undefined> {
  const site = await siteOf(context)
  if (!site?.index) return undefined
  const { suffix } = site.index
  return orErrorPage(context, site, () => servePublic(context, suffix, asked))
}

/** What `read` answers; where it finds nothing, what the site shows instead. */
export async function servePage(
  context: BucketContext,
  object: string,
  asked: Asked,
  read: () => Promise<Reply>,
): Promise<Reply> {
  const site = await siteOf(context)
  if (!site || asked.query.has('versionId')) return read()
  return orErrorPage(context, site, async () => {
    try {
      return await read()
    } catch (error) {
      const instead = isNotThere(error) ? await folderPage(context, site, object, asked) : undefined
      if (!instead) throw error
      return instead
    }
  })
}

async function siteOf({ caller, records, bucket }: BucketContext): Promise<WebsiteSetting | undefined> {
  if (caller.is !== 'anyone') return undefined
  return findSetting<WebsiteSetting>(records, bucket.value.name, 'website')
}

/** `dir/` is its page; `dir` is sent there, or is not found, or is the first page: as the setting says. */
async function folderPage(
  context: BucketContext,
  { index }: WebsiteSetting,
  object: string,
  asked: Asked,
): Promise<Reply | undefined> {
  if (!index) return undefined
  if (object.endsWith('/'))
    return servePublic(context, index.supportSubDirectory ? object + index.suffix : index.suffix, asked)
  const page = `${object}/${index.suffix}`
  if (!index.supportSubDirectory || !isObjectName(page)) return undefined
  if (!(await findObject(context.records, context.bucket.value.name, page))) return undefined
  if (index.type === 1) return undefined
  if (index.type === 2) return servePublic(context, index.suffix, asked)
  // Only the last part of the path is known for sure: the bucket may be in the host or in the path.
  return { status: 302, headers: { location: `${encodeURIComponent(object.split('/').at(-1)!)}/` } }
}

async function orErrorPage(
  context: BucketContext,
  { error: page }: WebsiteSetting,
  read: () => Promise<Reply>,
): Promise<Reply> {
  try {
    return await read()
  } catch (error) {
    if (!page || !isNotThere(error)) throw error
    // A condition or a range is about what was asked for, not about the page that says it is not there.
    const found = await servePublic(context, page.key, { headers: {}, query: new URLSearchParams() }).catch(
      (missing: unknown) => {
        if (isNotThere(missing)) return undefined
        throw missing
      },
    )
    if (!found) throw error
    return { ...found, status: page.status }
  }
}

/** A page is read with the rights of whoever asks for it. */
async function servePublic(context: BucketContext, object: string, asked: Asked): Promise<Reply> {
  await authorize(context, { action: 'oss:GetObject', grant: 'read', object })
  return serve(context, object, asked)
}

const isNotThere = (error: unknown): boolean => error instanceof ApiError && error.code === 'NoSuchKey'
