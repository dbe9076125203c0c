import { expect, test } from 'vitest'
import type { ContentLink } from '../../../src/application/ports/links.ts'
import { imageDownload } from '../../../src/application/use-cases/image-download.ts'
import { imageDownloadByLink } from '../../../src/application/use-cases/image-download-by-link.ts'
import { application, callerOf, collaborator } from '../../support/application.ts'
import { available } from '../../support/library-commands.ts'
import { lab, web } from '../../support/samples.ts'

test('A link opens the bytes that it is for, for the project that it is for, and no others', async () => {
  await using app = await application()
  const id = await available(app, 'debian')
  const download = await imageDownload(app.services)(callerOf(collaborator), id)()
  if (download._tag === 'Left') throw new Error(download.left.message)
  const { sha256 } = download.right.content.digests
  const opened = async (link: Partial<ContentLink>, through = id, seconds = 60) => {
    const good: ContentLink = { image: id, sha256, holder: { kind: 'project', id: web } }
    const signed = await app.services.links.sign({ ...good, ...link }, Date.now() + seconds * 1_000)
    const outcome = await imageDownloadByLink(app.services)('request', through, signed)()
    return outcome._tag === 'Left' ? outcome.left.tag : outcome.right.content.digests.sha256
  }
  const other = await available(app, 'fedora')
  expect(await opened({})).toBe(sha256)
  expect(await opened({ sha256: '0'.repeat(64) })).toBe('LinkEnded')
  expect(await opened({ holder: { kind: 'project', id: lab } })).toBe('LinkEnded')
  expect(await opened({}, other)).toBe('LinkEnded')
  expect(await opened({}, id, -60)).toBe('LinkEnded')
})
