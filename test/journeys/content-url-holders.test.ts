import { beforeAll, describe, expect, test } from 'vitest'
import {
  done,
  isDead,
  linkedDisk,
  linkedImage,
  linkOf,
  opens,
  shareWithStrangers,
  urlOf,
} from '../support/content-links.ts'
import { eventually } from '../support/eventually.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { OTHER_PROJECT, PROJECT, STRANGE_PROJECT, signedToken, tokens } from '../support/tokens.ts'

// For whom links to bytes are, and how they end with what these may.

const { collaborator, operator, stranger } = tokens
let service: TestService

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  return started.dispose
})

describe('a link that was good opens nothing any more', () => {
  test('when the image is not shared any more; that of its owner goes on', async () => {
    const id = await linkedImage(service)
    await shareWithStrangers(service, id)
    const [theirs, own] = [await linkOf(service, stranger, id), await linkOf(service, collaborator, id)]
    expect([await opens(service, theirs), await opens(service, own)]).toStrictEqual([true, true])
    await done(service, 'collaborator', 'imageUnshare', id, { project: STRANGE_PROJECT })
    await isDead(service, theirs)
    expect(await opens(service, own)).toBe(true)
  })

  test('when everybody’s image is private again; that of its owner goes on', async () => {
    const id = await linkedImage(service)
    await done(service, 'operator', 'imageSetVisibility', id, { visibility: 'PUBLIC' })
    const [theirs, own] = [await linkOf(service, stranger, id), await linkOf(service, collaborator, id)]
    expect(await opens(service, theirs)).toBe(true)
    await done(service, 'operator', 'imageSetVisibility', id, { visibility: 'PRIVATE' })
    await isDead(service, theirs)
    expect(await opens(service, own)).toBe(true)
  })

  test('when the image is deactivated, until it is reactivated; operators alone have the bytes, by their token', async () => {
    const id = await linkedImage(service)
    const links = [await linkOf(service, collaborator, id), await linkOf(service, operator, id)]
    await done(service, 'operator', 'imageDeactivate', id)
    for (const link of links) await isDead(service, link)
    for (const token of [collaborator, operator]) expect(await urlOf(service, token, id)).toBe(null)
    expect((await service.download(collaborator, id)).status).toBe(409)
    expect((await service.download(operator, id)).body.equals(linkedDisk)).toBe(true)
    await done(service, 'operator', 'imageReactivate', id)
    for (const link of links) expect(await opens(service, link)).toBe(true)
  })

  test('when the image is deleted', async () => {
    const id = await linkedImage(service)
    const links = [await linkOf(service, collaborator, id), await linkOf(service, operator, id)]
    await done(service, 'collaborator', 'imageDelete', id)
    for (const link of links) await isDead(service, link)
    expect(await urlOf(service, collaborator, id)).toBe(null)
  })

  test('when the image is obsolete, but for its owner', async () => {
    const id = await linkedImage(service)
    await shareWithStrangers(service, id)
    const [theirs, own] = [await linkOf(service, stranger, id), await linkOf(service, collaborator, id)]
    await done(service, 'collaborator', 'imageDeprecate', id, {
      obsoleteAt: new Date(Date.now() + 1_000).toISOString(),
    })
    await eventually('it has ended', async () => (await service.http({ path: theirs })).status === 403)
    await isDead(service, theirs)
    expect(await urlOf(service, stranger, id)).toBe(null)
    expect(await opens(service, own)).toBe(true)
  })
})

describe('a link is for one project', () => {
  test('that which owns the image comes first; another one may be named', async () => {
    const id = await linkedImage(service)
    await shareWithStrangers(service, id)
    const both = await signedToken({
      sub: 'both',
      projects: { [STRANGE_PROJECT]: 'collaborator', [PROJECT]: 'collaborator', [OTHER_PROJECT]: 'viewer' },
    })
    const own = await linkOf(service, both, id)
    const theirs = await linkOf(service, both, id, `(project: "${STRANGE_PROJECT}")`)
    expect([await opens(service, own), await opens(service, theirs)]).toStrictEqual([true, true])
    for (const project of [OTHER_PROJECT, 'nowhere', 'NO PROJECT'])
      expect(await urlOf(service, both, id, `(project: "${project}")`)).toBe(null)
    await done(service, 'collaborator', 'imageUnshare', id, { project: STRANGE_PROJECT })
    await isDead(service, theirs)
    expect(await opens(service, own)).toBe(true)
    expect(await urlOf(service, both, id, `(project: "${STRANGE_PROJECT}")`)).toBe(null)
  })

  test('or for an account, where the role is one in all of it; it goes with its images from project to project', async () => {
    const id = await linkedImage(service)
    const [ofAccount, ofProject] = [
      await linkOf(service, tokens.accountAdmin, id),
      await linkOf(service, collaborator, id),
    ]
    await done(service, 'accountAdmin', 'imagePromote', id)
    expect([await opens(service, ofAccount), await opens(service, ofProject)]).toStrictEqual([true, true])
    await done(service, 'accountAdmin', 'imageDemote', id, { project: OTHER_PROJECT })
    expect(await opens(service, ofAccount)).toBe(true)
    await isDead(service, ofProject)
  })

  test('that of an operator for its owner, or for a project that may have it', async () => {
    const id = await linkedImage(service)
    expect(await opens(service, await linkOf(service, operator, id))).toBe(true)
    expect(await urlOf(service, operator, id, `(project: "${STRANGE_PROJECT}")`)).toBe(null)
    await shareWithStrangers(service, id)
    expect(await opens(service, await linkOf(service, operator, id, `(project: "${STRANGE_PROJECT}")`))).toBe(
      true,
    )
  })

  test('an inbox that shows an image as it was gives none to what is others’ by now', async () => {
    const id = await linkedImage(service)
    const both = await signedToken({
      sub: 'both',
      projects: { [STRANGE_PROJECT]: 'collaborator', [PROJECT]: 'collaborator' },
    })
    const inbox = `{ sharedWithMe(project: "${STRANGE_PROJECT}", first: 1) { nodes { image { id contentUrl } } } }`
    const ask = async () =>
      (await service.graphql<{ sharedWithMe: { nodes: unknown[] } }>(both, inbox)).sharedWithMe.nodes[0]
    await done(service, 'collaborator', 'imageShare', id, { project: STRANGE_PROJECT })
    await done(service, 'stranger', 'imageShareReject', id, { project: STRANGE_PROJECT })
    expect(await ask()).toMatchObject({ image: { id, contentUrl: expect.any(String) } })
    await done(service, 'accountAdmin', 'imagePromote', id)
    await done(service, 'accountAdmin', 'imageDemote', id, { project: OTHER_PROJECT })
    expect(await ask()).toStrictEqual({ image: { id, contentUrl: null } })
  })
})
