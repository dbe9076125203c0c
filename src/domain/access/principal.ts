import type { AccountId, ProjectId } from '../kernel/ids.ts'
import type { Role } from '../kernel/refusal.ts'

/** Who asks, as a verified token says it (DESIGN, tenancy and access). */
export interface Principal {
  readonly subject: string
  /** Who issued the token; part of what keeps tenants' idempotency keys apart. Empty for a shared secret. */
  readonly issuer: string
  readonly operator: boolean
  readonly hypervisor: string | null
  readonly account: AccountId | null
  readonly accountRole: Role | null
  readonly projects: ReadonlyMap<ProjectId, Role>
}
