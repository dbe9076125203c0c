import { contentPath } from '../support/client.ts'
import { mutationText } from '../support/library.ts'
import { LOCATION, PROJECT, RECIPIENTS } from '../support/tokens.ts'
import { type Ask, graphql, http, subscription } from './asking.ts'
import {
  commandText,
  explainCharge,
  imageReportSize,
  ofAccounts,
  ofFiles,
  ofProjects,
  storageRateSet,
} from './billing-questions.ts'
import { type Asker, bytes, freshName, type Kind, missing } from './world.ts'

/** Something that may be asked of the service about a thing, by its id. */
export interface Question {
  readonly ask: Ask
  /** What is asked about: an image of a kind, made for it, or a thing by its id. */
  readonly about: Kind | { readonly id: string }
  /** An id of the same length under which there is nothing. */
  readonly missing: string
  /** Who is answered yes may have changed the image: the next one to ask gets another. */
  readonly changes: boolean
  /** Whether it is asked while the account may publish. */
  readonly mayPublish: boolean
}

const ofThing = (id: string, absent: string, ask: Ask): Question => ({
  ask,
  about: { id },
  missing: absent,
  changes: false,
  mayPublish: false,
})

const ofImage = (about: Kind, ask: Ask, changes = true): Question => ({
  ask,
  about,
  missing: missing.image,
  changes,
  mayPublish: false,
})

const whereAccountMayPublish = (question: Question): Question => ({ ...question, mayPublish: true })

const withId = (document: string): Ask => graphql(`query ($id: ID!) { ${document} }`, (id) => ({ id }))

const inHome = (document: string): Ask =>
  graphql(`query ($id: String!, $home: ID!) { ${document} }`, (id, { home }) => ({ id, home }))

const change = (mutation: string, input: (id: string, who: Asker) => object): Ask =>
  graphql(mutationText(mutation), (id, who) => ({ input: input(id, who) }))

const changeImage = (mutation: string, more: object = {}): Ask =>
  change(mutation, (image) => ({ image, ...more }))

/** The project that an offer is answered for: that of who asks, if it was offered the image, or else another. */
const recipientOf = ({ home }: Asker): string => RECIPIENTS.find((id) => id === home) ?? 'pending'
const otherRecipientOf = ({ home }: Asker): string => (home === 'pending' ? 'accepted' : 'pending')

const newImage = (more: object): Ask =>
  change('imageCreate', (project) => ({
    project,
    name: freshName(),
    location: LOCATION,
    source: { upload: {} },
    ...more,
  }))

const content = (method: string, body?: Uint8Array): Ask =>
  http((id) => ({ method, path: contentPath(id), ...(body === undefined ? {} : { body }) }))

/** The image that lists are asked for: see who-may-what.test.ts. */
export const LISTED = { name: 'debian', family: 'debian-12' } as const

const web = (ask: Ask) => ofThing(PROJECT, missing.project, ask)
const acme = (ask: Ask) => ofThing('acme', missing.account, ask)
const platform = (ask: Ask) => ofThing('', '', ask)
const listed = (ask: Ask) => ofThing(LISTED.name, [...LISTED.name].reverse().join(''), ask)
const family = (ask: Ask) => ofThing(LISTED.family, 'naibed-12', ask)

const list = 'totalCount nodes { id name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
const inbox = 'nodes { status image { name } } pageInfo { hasNextPage endCursor }'
const impact = 'usableByEverybody acceptedShares pendingShares protected replacementOf { totalCount }'

const queries: Readonly<Record<string, Question>> = {
  viewer: platform(graphql('{ viewer { operator subject } }', () => ({}))),
  account: acme(withId('account(id: $id) { id name imageLimit imageCount mayPublish }')),
  project: web(withId('project(id: $id) { id name account { name } }')),
  image: ofImage('SHARED', withId('image(id: $id) { name project { id } history { nodes { id } } }'), false),
  imageByName: web(withId(`imageByName(project: $id, name: "${LISTED.name}") { id name }`)),
  'imageByName in their own project': listed(inHome('imageByName(project: $home, name: $id) { id name }')),
  imageFamily: web(withId(`imageFamily(project: $id, family: "${LISTED.family}") { id name }`)),
  'imageFamily in their own project': family(inHome('imageFamily(project: $home, family: $id) { id name }')),
  images: web(withId(`images(project: $id, filter: { name: "${LISTED.name}" }) { ${list} }`)),
  'images of their own project': listed(inHome(`images(project: $home, filter: { name: $id }) { ${list} }`)),
  'images of all their projects': listed(
    graphql(`query ($id: String!) { images(filter: { name: $id }) { ${list} } }`, (id) => ({ id })),
  ),
  sharedWithMe: ofThing('pending', 'gnidnep', withId(`sharedWithMe(project: $id) { ${inbox} }`)),
  'sharedWithMe of their own project': platform(
    graphql(`query ($home: ID!) { sharedWithMe(project: $home) { ${inbox} } }`, (_id, { home }) => ({
      home,
    })),
  ),
  explainAccess: ofImage(
    'SHARED',
    withId('explainAccess(image: $id, project: "accepted") { allowed rule sentence event { id } }'),
    false,
  ),
  imageDeleteImpact: ofImage('SHARED', withId(`imageDeleteImpact(image: $id) { ${impact} }`), false),
  imageDeprecateImpact: ofImage('SHARED', withId(`imageDeprecateImpact(image: $id) { ${impact} }`), false),
  'imageDeleteImpact of a promoted': ofImage(
    'PROMOTED',
    withId(`imageDeleteImpact(image: $id) { ${impact} }`),
    false,
  ),
  'imageDeleteImpact of a public': ofImage(
    'PUBLIC',
    withId(`imageDeleteImpact(image: $id) { ${impact} }`),
    false,
  ),
}

const subscriptions: Readonly<Record<string, Question>> = {
  imageChanged: ofImage(
    'SHARED',
    subscription('subscription ($id: ID!) { imageChanged(image: $id) { name project { id } } }'),
    false,
  ),
}

const mutations: Readonly<Record<string, Question>> = {
  accountCreate: platform(change('accountCreate', () => ({ name: 'Initech' }))),
  accountSetImageLimit: acme(change('accountSetImageLimit', (account) => ({ account, limit: 9000 }))),
  accountSetMayPublish: acme(change('accountSetMayPublish', (account) => ({ account, mayPublish: false }))),
  projectCreate: acme(change('projectCreate', (account) => ({ account, name: 'Lab' }))),
  'projectCreate under a chosen id': acme(
    change('projectCreate', (account) => ({ account, name: 'Lab', id: freshName() })),
  ),
  locationCreate: platform(change('locationCreate', () => ({ name: 'Oslo' }))),
  locationSetImagesEnabled: platform(
    change('locationSetImagesEnabled', () => ({ location: LOCATION, enabled: true })),
  ),
  imageCreate: web(newImage({})),
  'imageCreate as official': web(newImage({ official: true })),
  'imageCreate as COMMUNITY': web(newImage({ visibility: 'COMMUNITY' })),
  'imageCreate as PUBLIC': web(newImage({ visibility: 'PUBLIC' })),
  'imageCreate as PUBLIC, may publish': whereAccountMayPublish(web(newImage({ visibility: 'PUBLIC' }))),
  imageUpdate: ofImage('SHARED', changeImage('imageUpdate', { os: 'debian' })),
  'imageUpdate of a promoted': ofImage('PROMOTED', changeImage('imageUpdate', { os: 'debian' })),
  'imageUpdate of a public': ofImage('PUBLIC', changeImage('imageUpdate', { os: 'debian' })),
  imageRetry: ofImage('ERROR', changeImage('imageRetry')),
  imageDelete: ofImage('SHARED', changeImage('imageDelete')),
  imageRestore: ofImage('GONE', changeImage('imageRestore')),
  imageSetVisibility: ofImage('SHARED', changeImage('imageSetVisibility', { visibility: 'PRIVATE' })),
  'imageSetVisibility to COMMUNITY': ofImage(
    'SHARED',
    changeImage('imageSetVisibility', { visibility: 'COMMUNITY' }),
  ),
  'imageSetVisibility to PUBLIC': ofImage(
    'SHARED',
    changeImage('imageSetVisibility', { visibility: 'PUBLIC' }),
  ),
  'imageSetVisibility, may publish': whereAccountMayPublish(
    ofImage('SHARED', changeImage('imageSetVisibility', { visibility: 'COMMUNITY' })),
  ),
  'imageSetVisibility of a promoted': ofImage(
    'PROMOTED',
    changeImage('imageSetVisibility', { visibility: 'PRIVATE' }),
  ),
  imageShare: ofImage('SHARED', changeImage('imageShare', { project: 'elsewhere' })),
  imageUnshare: ofImage('SHARED', changeImage('imageUnshare', { project: 'pending' })),
  imageShareAccept: ofImage(
    'SHARED',
    change('imageShareAccept', (image, who) => ({ image, project: recipientOf(who) })),
  ),
  'imageShareAccept for others': ofImage(
    'SHARED',
    change('imageShareAccept', (image, who) => ({ image, project: otherRecipientOf(who) })),
  ),
  imageShareReject: ofImage(
    'SHARED',
    change('imageShareReject', (image, who) => ({ image, project: recipientOf(who) })),
  ),
  'imageShareReject for others': ofImage(
    'SHARED',
    change('imageShareReject', (image, who) => ({ image, project: otherRecipientOf(who) })),
  ),
  imagePromote: ofImage('SHARED', changeImage('imagePromote')),
  imageDemote: ofImage('PROMOTED', changeImage('imageDemote', { project: PROJECT })),
  'imagePromote of a public': ofImage('PUBLIC', changeImage('imagePromote')),
  imageDeprecate: ofImage('SHARED', changeImage('imageDeprecate', { reason: 'Old.' })),
  imageUndeprecate: ofImage('DEPRECATED', changeImage('imageUndeprecate')),
  imageDeactivate: ofImage('SHARED', changeImage('imageDeactivate')),
  blobVerify: ofImage(
    'SHARED',
    graphql(commandText('blobVerify'), (image) => ({ input: { image } })),
  ),
  imageReactivate: ofImage('DEACTIVATED', changeImage('imageReactivate')),
  'imageDelete of a promoted': ofImage('PROMOTED', changeImage('imageDelete')),
  "imageReactivate of an operator's": ofImage('DEACTIVATED_BY_OPERATOR', changeImage('imageReactivate')),
}

const contents: Readonly<Record<string, Question>> = {
  PUT: ofImage('CREATING', content('PUT', bytes)),
  GET: ofImage('SHARED', content('GET'), false),
  HEAD: ofImage('SHARED', content('HEAD'), false),
}

const upload = (method: string, headers: Readonly<Record<string, string>> = {}, body?: Uint8Array): Ask =>
  http((id) => ({
    method,
    path: `/uploads/${id}`,
    headers: { 'tus-resumable': '1.0.0', ...headers },
    ...(body === undefined ? {} : { body }),
  }))

const ofUpload = (ask: Ask, changes = true): Question => ({
  ...ofImage('UPLOADING', ask, changes),
  missing: missing.upload,
})

const fromTheStart = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' }

const uploads: Readonly<Record<string, Question>> = {
  'POST /uploads': ofImage(
    'CREATING',
    http((id) => ({
      method: 'POST',
      path: '/uploads',
      headers: {
        'tus-resumable': '1.0.0',
        'upload-length': '5',
        'upload-metadata': `image ${Buffer.from(id).toString('base64')}`,
      },
    })),
  ),
  'HEAD /uploads/:upload': ofUpload(upload('HEAD'), false),
  'PATCH /uploads/:upload': ofUpload(upload('PATCH', fromTheStart, bytes)),
  'DELETE /uploads/:upload': ofUpload(upload('DELETE')),
  'POST /uploads/:upload': ofUpload(
    upload('POST', { ...fromTheStart, 'x-http-method-override': 'PATCH' }, bytes),
  ),
}

const each = (asks: Readonly<Record<string, Ask>>, about: (ask: Ask) => Question) =>
  Object.fromEntries(Object.entries(asks).map(([name, ask]) => [name, about(ask)]))

const billing: Readonly<Record<string, Question>> = {
  ...each(ofAccounts, acme),
  ...each(ofProjects, web),
  ...each(ofFiles, acme),
  storageRateSet: platform(storageRateSet),
  explainCharge: { ...ofImage('PRIVATE', explainCharge, false), missing: missing.charged },
  imageReportSize: ofImage('SHARED', imageReportSize),
  'imageReportSize of a public': ofImage('PUBLIC', imageReportSize),
}

/** For the scraper and for operators. */
const metrics = each(
  Object.fromEntries(
    ['GET', 'HEAD'].map((method) => [`${method} /metrics`, http(() => ({ method, path: '/metrics' }))]),
  ),
  platform,
)

export const questions: Readonly<Record<string, Question>> = {
  ...queries,
  ...subscriptions,
  ...mutations,
  ...contents,
  ...uploads,
  ...billing,
  ...metrics,
}

/** Whether a question is put over plain HTTP. */
export const isHttp = (name: string): boolean => /^[A-Z]+(?: \/|$)/.test(name)

/** What a question or a row is about: the field of the schema, the method of the content route, or method and path. */
export const fieldOf = (name: string): string => (isHttp(name) ? name : (/^\w+/.exec(name)?.[0] ?? ''))
