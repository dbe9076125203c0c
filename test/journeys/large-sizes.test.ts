import { expect, test } from 'vitest'
import { rawDisk } from '../support/images.ts'
import { available, command } from '../support/library.ts'
import { seededService } from '../support/service.ts'
import { PROJECT, tokens } from '../support/tokens.ts'

interface Page {
  readonly images: {
    readonly nodes: readonly { readonly sizeBytes: string }[]
    readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean }
  }
}

test('images of any size that can be said are listed in the order of their sizes, page by page', async () => {
  const service = await seededService()
  const sizes = ['9007199254740991', '9223372036854775807', '9007199254740993', '100000', '9007199254740992']
  for (const [n, sizeBytes] of sizes.entries()) {
    const image = await available(service, `large-${n}`, rawDisk(1_000, n))
    const report = { image, sizeBytes, occurredAt: '2026-01-01T00:00:00Z' }
    expect((await command(service, tokens.operator, 'imageReportSize', report)).__typename).toBe('Image')
  }
  const query = `query ($after: String) { images(project: "${PROJECT}", orderBy: { field: SIZE, direction: DESC },
    first: 2, after: $after) { nodes { sizeBytes } pageInfo { endCursor hasNextPage } } }`
  const seen: string[] = []
  for (let after: string | null = null, more = true; more; ) {
    const page: Page = await service.graphql<Page>(tokens.collaborator, query, { after })
    seen.push(...page.images.nodes.map(({ sizeBytes }) => sizeBytes))
    after = page.images.pageInfo.endCursor
    more = page.images.pageInfo.hasNextPage
  }
  expect(seen).toStrictEqual(sizes.toSorted((a, b) => (BigInt(a) < BigInt(b) ? 1 : -1)))
})
