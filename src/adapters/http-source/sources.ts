import { type ImageSources, SourceRefused } from '../../application/ports/source.ts'
import { type ContentRefusal, contentRefusal } from '../../domain/formats/content.ts'
import { addressRule } from './addresses.ts'
import type { HttpSourcesOptions } from './open.ts'
import { type UrlRules, urlFault } from './url.ts'

/** Fetches over http and https, from where it is allowed to (docs/adr/0018-import-from-urls.md). */
export const httpSources = (options: HttpSourcesOptions): ImageSources => {
  const { allowCidrs, allowPorts } = options
  const rules: UrlRules = { isAllowed: addressRule(allowCidrs), allowPorts }
  const check = (url: string): ContentRefusal | null => {
    const fault = urlFault(url, rules)
    return fault === null ? null : contentRefusal('URL_FORBIDDEN', `The URL ${fault}.`)
  }
  return {
    check,
    open: async (url, opening) => {
      const refusal = check(url)
      if (refusal !== null) throw new SourceRefused(refusal)
      // Loaded with the first fetch, for an HTTP client takes much memory.
      const { openSource } = await import('./open.ts')
      return openSource(url, rules, options, opening)
    },
  }
}
