import { type JWTPayload, SignJWT } from 'jose'

/** The secret that services under test are started with. */
export const SECRET = 'a secret that only tests know, and longer than 32 bytes'

export interface Claims {
  readonly sub: string
  readonly account?: string
  readonly account_role?: string
  readonly projects?: Readonly<Record<string, string>>
  readonly operator?: boolean
  readonly hypervisor?: string
}

/** A token of these claims as the service accepts it, good for an hour. */
export const signedToken = (claims: Claims | JWTPayload, secret = SECRET): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret))

/** A token that is good for some seconds from now, rounded up. */
export const tokenForSeconds = (claims: Claims, seconds: number): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.ceil(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(SECRET))

/** A token as good as any, but for its hour, which is over. */
export const expiredToken = (claims: Claims): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1 hour ago')
    .sign(new TextEncoder().encode(SECRET))

/** The world that tests play in: see seed() in service.ts. */
export const ACCOUNT = 'acme'
export const PROJECT = 'web'
export const OTHER_PROJECT = 'ops'
export const LOCATION = 'ams'
export const STRANGE_ACCOUNT = 'globex'
export const STRANGE_PROJECT = 'elsewhere'
/** Where images of `web` are offered to: an account and its projects, for tests that make them. */
export const RECIPIENT_ACCOUNT = 'hooli'
export const RECIPIENTS = ['pending', 'accepted', 'rejected', 'revoked'] as const

const inProject = (sub: string, project: string, role: string, account: string = ACCOUNT): Claims => ({
  sub,
  account,
  projects: { [project]: role },
})

/** Somebody of the project to which an offer stands as it is called. */
const ofRecipient = (project: (typeof RECIPIENTS)[number], role: string): Claims =>
  inProject(`${project}-${role}`, project, role, RECIPIENT_ACCOUNT)

/** Who tests speak as: what each is to project `web` of account `acme`. */
export const people = {
  nobody: { sub: 'nobody' },
  stranger: {
    sub: 'stranger',
    account: STRANGE_ACCOUNT,
    account_role: 'admin',
    projects: { [STRANGE_PROJECT]: 'admin' },
  },
  otherProject: inProject('other-project', OTHER_PROJECT, 'admin'),
  viewer: inProject('viewer', PROJECT, 'viewer'),
  collaborator: inProject('collaborator', PROJECT, 'collaborator'),
  admin: inProject('admin', PROJECT, 'admin'),
  accountViewer: { sub: 'account-viewer', account: ACCOUNT, account_role: 'viewer' },
  accountCollaborator: { sub: 'account-collaborator', account: ACCOUNT, account_role: 'collaborator' },
  accountAdmin: { sub: 'account-admin', account: ACCOUNT, account_role: 'admin' },
  pending: ofRecipient('pending', 'collaborator'),
  accepted: ofRecipient('accepted', 'collaborator'),
  acceptedViewer: ofRecipient('accepted', 'viewer'),
  rejected: ofRecipient('rejected', 'collaborator'),
  revoked: ofRecipient('revoked', 'collaborator'),
  operator: { sub: 'operator', operator: true },
} as const satisfies Record<string, Claims>

export type Person = keyof typeof people
export type Tokens = Readonly<Record<Person, string>>

/** Everybody's tokens, signed once for the file that runs. */
export const tokens: Tokens = Object.fromEntries(
  await Promise.all(
    Object.entries(people).map(async ([person, claims]) => [person, await signedToken(claims)] as const),
  ),
) as Record<Person, string>
