import type { JsonObject } from '../../src/domain/kernel/event.ts'
import type { StoredEvent } from '../../src/domain/kernel/recorded.ts'
import { auditClaims } from '../support/claims-oracle.ts'

/**
 * The same audit for an account with several projects, whose images move: a name counts with where it is held, so that a
 * promotion or demotion reads like a change of name.
 */
export const auditScopes = (
  events: readonly StoredEvent[],
  options: { readonly limit: number | null; readonly final: boolean },
): readonly string[] => {
  const scopes = new Map<string, string>()
  const scoped = events.map((event): StoredEvent => {
    const { stream, type, data } = event
    const named = (scope: string, name: unknown, as = type): StoredEvent => {
      scopes.set(stream, scope)
      return { ...event, type: as, data: { ...data, name: `${scope}/${name}` } }
    }
    switch (type) {
      case 'ImageNameClaimed':
        return { ...event, data: { ...data, name: `${scopeOf(data)}/${data['name']}` } }
      case 'ImageRegistered':
        return named(String(data['project']), data['name'])
      case 'ImageRenamed':
        return named(scopes.get(stream) ?? '', data['name'])
      case 'ImagePromoted':
        return named('*', data['name'], 'ImageRenamed')
      case 'ImageDemoted':
        return named(String(data['project']), data['name'], 'ImageRenamed')
      default:
        return event
    }
  })
  return auditClaims(scoped, options)
}

const scopeOf = ({ scope }: JsonObject): string => {
  const { kind, project } = scope as { readonly kind: string; readonly project?: string }
  return kind === 'ACCOUNT' ? '*' : String(project)
}

/** The images that live, as `<project or *>/<name>`. */
export const liveIn = (events: readonly StoredEvent[]): readonly string[] => {
  const live = new Map<string, readonly [string, string]>()
  for (const { stream, type, data } of events) {
    const [scope, name] = live.get(stream) ?? ['', '']
    if (type === 'ImageRegistered') live.set(stream, [String(data['project']), String(data['name'])])
    if (type === 'ImageRenamed') live.set(stream, [scope, String(data['name'])])
    if (type === 'ImagePromoted') live.set(stream, ['*', name])
    if (type === 'ImageDemoted') live.set(stream, [String(data['project']), name])
    if (type === 'ImageDeleted') live.delete(stream)
  }
  return [...live.values()].map((place) => place.join('/')).sort()
}
