import type { Answer, Asked, AskedOf, OfOwner, OnOffer } from './asked.ts'
import { dated, deprecate, isGone, isName, share } from './rules.ts'
import {
  ADMIN,
  asOwner,
  COLLABORATOR,
  inAccount,
  inProject,
  type ModelImage,
  OPERATOR,
  sees,
  VIEWER,
  type Visibility,
} from './who.ts'
import { accountOf, accounts, type Person } from './world.ts'

/** The rules, in memory: DESIGN's words with the names of things filled in. It changes itself, and knows no events. */
export class Model {
  readonly images: ModelImage[] = []
  readonly limits = new Map<string, number>()
  readonly mayPublish = new Set<string>()
  readonly recovers: boolean
  day = 0

  /** `recovers`: a deletion is final on the next day, and not at once. */
  constructor(recovers: boolean) {
    this.recovers = recovers
  }

  answer(by: Person, asked: Asked): Answer {
    switch (asked.kind) {
      case 'imageCreate':
        return this.#create(by, asked)
      case 'accountSetMayPublish':
      case 'accountSetImageLimit':
        return this.#configure(by, asked)
      case 'imageUnshare':
      case 'imageShareAccept':
      case 'imageShareReject':
        return asked.image === null ? 'NotFound' : this.#onOffer(by, asked.image, asked)
    }
    const { image } = asked
    if (image === null || !sees(by, image)) return 'NotFound'
    if (asked.kind === 'imageSetVisibility') return this.#setVisibility(by, image, asked.visibility)
    if (asked.kind === 'imagePromote') return this.#promote(by, image)
    if (asked.kind === 'imageDemote') return this.#demote(by, image, asked.project)
    return asOwner(by, image) < COLLABORATOR ? 'Forbidden' : this.#asOwner(by, image, asked)
  }

  /** What takes a collaborator of the owner, and no more. */
  #asOwner(by: Person, image: ModelImage, asked: AskedOf<OfOwner>): Answer {
    switch (asked.kind) {
      case 'upload':
        if (image.status !== 'CREATING') return 'InvalidState'
        image.status = asked.fit ? 'AVAILABLE' : 'ERROR'
        return asked.fit ? 'Stored' : 'ContentRefused'
      case 'imageUpdate':
        return this.#update(image, asked)
      case 'imageRetry':
        if (image.status !== 'ERROR' && image.status !== 'CREATING') return 'InvalidState'
        image.status = 'CREATING'
        return 'Image'
      case 'imageDelete':
        if (isGone(image)) return 'Image'
        if (image.protected) return 'ImageProtected'
        this.#delete(image)
        return 'Image'
      case 'imageRestore':
        return this.#restore(image)
      case 'imageShare':
        return share(image, asked)
      case 'imageDeprecate':
        return deprecate(by, image, asked)
      case 'imageUndeprecate':
        if (isGone(image)) return 'InvalidState'
        image.notice = null
        return 'Image'
      case 'imageDeactivate':
        if (isGone(image)) return 'InvalidState'
        if (by.operator) image.deactivatedBy = 'OPERATOR'
        else image.deactivatedBy ??= 'OWNER'
        return 'Image'
      case 'imageReactivate':
        if (isGone(image)) return 'InvalidState'
        if (image.deactivatedBy === 'OPERATOR' && !by.operator) return 'Forbidden'
        image.deactivatedBy = null
        return 'Image'
    }
  }

  /** What the service does by itself at the dates that were announced. True where there was something to do. */
  carryOut(): boolean {
    const before = JSON.stringify(this.images.map(dated))
    const isDue = (day: number | null) => day !== null && day <= this.day
    for (const image of this.images) {
      const { notice } = image
      if (image.status === 'DELETING' && isDue(image.deletedOn)) image.status = 'DELETED'
      for (const offer of image.shares.values())
        if ((offer.status === 'PENDING' || offer.status === 'REJECTED') && isDue(offer.expiresOn))
          offer.status = 'EXPIRED'
      if (notice === null || isGone(image)) continue
      if (isDue(notice.obsoleteOn)) notice.stage = 'OBSOLETE'
      if (!isDue(notice.deleteOn) || notice.spent) continue
      notice.spent = true
      if (!image.protected) this.#delete(image)
    }
    return JSON.stringify(this.images.map(dated)) !== before
  }

  #create(by: Person, asked: AskedOf<'imageCreate'>): Answer {
    const { project, name, visibility } = asked
    const account = accountOf.get(project)
    if (account === undefined || inProject(by, project) < VIEWER) return 'NotFound'
    if (inProject(by, project) < COLLABORATOR) return 'Forbidden'
    const everybodys = visibility === 'COMMUNITY' || visibility === 'PUBLIC'
    if (everybodys && !this.#publishes(by, account)) return 'Forbidden'
    if (!isName(name)) return 'InvalidInput'
    if (this.#isTaken(account, project, name)) return 'NameTaken'
    const inUse = this.images.filter((image) => image.account === account && image.status !== 'DELETED')
    if (inUse.length >= (this.limits.get(account) ?? Number.POSITIVE_INFINITY)) return 'ImageLimitReached'
    this.images.push({
      label: `image ${this.images.length}`,
      account,
      project,
      name,
      family: /^(.*)-v\d+\.\d+$/.exec(name)?.[1] ?? null,
      status: 'CREATING',
      statusBefore: 'CREATING',
      deletedOn: null,
      visibility,
      protected: asked.protected,
      deactivatedBy: null,
      notice: null,
      shares: new Map(),
    })
    return 'Image'
  }

  #configure(by: Person, asked: AskedOf<'accountSetMayPublish' | 'accountSetImageLimit'>): Answer {
    const { account } = asked
    if (!accounts.includes(account) || !(by.operator || by.account === account)) return 'NotFound'
    if (!by.operator) return 'Forbidden'
    if (asked.kind === 'accountSetMayPublish') {
      if (asked.mayPublish) this.mayPublish.add(account)
      else this.mayPublish.delete(account)
    } else {
      if (asked.limit !== null && asked.limit < 0) return 'InvalidInput'
      this.limits.delete(account)
      if (asked.limit !== null) this.limits.set(account, asked.limit)
    }
    return 'Account'
  }

  #publishes(by: Person, account: string): boolean {
    const least = this.mayPublish.has(account) ? ADMIN : OPERATOR
    return inAccount(by, account) >= least
  }

  #isTaken(account: string, project: string | null, name: string): boolean {
    return this.images.some(
      (image) =>
        image.status !== 'DELETED' &&
        image.account === account &&
        image.project === project &&
        image.name === name,
    )
  }

  #update(image: ModelImage, asked: AskedOf<'imageUpdate'>): Answer {
    const { name } = asked
    if (name !== undefined && !isName(name)) return 'InvalidInput'
    if (isGone(image)) return 'InvalidState'
    if (name !== undefined && name !== image.name && this.#isTaken(image.account, image.project, name))
      return 'NameTaken'
    image.name = name ?? image.name
    image.protected = asked.protected ?? image.protected
    return 'Image'
  }

  #delete(image: ModelImage): void {
    image.statusBefore = image.status
    image.status = this.recovers ? 'DELETING' : 'DELETED'
    image.deletedOn = this.day + 1
  }

  #restore(image: ModelImage): Answer {
    if (image.status === 'DELETED') return 'InvalidState'
    if (image.status === 'DELETING') image.status = image.statusBefore
    return 'Image'
  }

  #setVisibility(by: Person, image: ModelImage, visibility: Visibility): Answer {
    const publishing = visibility === 'COMMUNITY' || visibility === 'PUBLIC'
    const allowed = publishing ? this.#publishes(by, image.account) : asOwner(by, image) >= COLLABORATOR
    if (!allowed) return 'Forbidden'
    if (isGone(image)) return 'InvalidState'
    if (visibility !== image.visibility) for (const offer of image.shares.values()) offer.status = 'REVOKED'
    image.visibility = visibility
    return 'Image'
  }

  #promote(by: Person, image: ModelImage): Answer {
    if (inAccount(by, image.account) < COLLABORATOR) return 'Forbidden'
    if (isGone(image)) return 'InvalidState'
    if (image.project === null) return 'Image'
    if (this.#isTaken(image.account, null, image.name)) return 'NameTaken'
    image.project = null
    return 'Image'
  }

  #demote(by: Person, image: ModelImage, project: string): Answer {
    if (inAccount(by, image.account) < COLLABORATOR) return 'Forbidden'
    if (inProject(by, project) < VIEWER) return 'NotFound'
    if (accountOf.get(project) !== image.account) return 'InvalidInput'
    if (isGone(image)) return 'InvalidState'
    if (image.project === project) return 'Image'
    if (image.project !== null) return 'InvalidState'
    if (this.#isTaken(image.account, project, image.name)) return 'NameTaken'
    image.project = project
    // Nobody holds an offer of what is its own.
    const offer = image.shares.get(project)
    if (offer !== undefined) offer.status = 'REVOKED'
    return 'Image'
  }

  #onOffer(by: Person, image: ModelImage, { kind, project }: AskedOf<OnOffer>): Answer {
    const offer = image.shares.get(project)
    if (kind === 'imageUnshare') {
      if (!sees(by, image)) return 'NotFound'
      if (asOwner(by, image) < COLLABORATOR) return 'Forbidden'
      if (offer === undefined) return 'NotFound'
      if (isGone(image)) return 'InvalidState'
      offer.status = 'REVOKED'
      return 'Share'
    }
    if (offer === undefined || offer.status === 'REVOKED' || image.status === 'DELETED') return 'NotFound'
    if (!by.operator && inProject(by, project) < VIEWER && asOwner(by, image) < VIEWER) return 'NotFound'
    if (!by.operator && inProject(by, project) < COLLABORATOR) return 'Forbidden'
    if (isGone(image) || offer.status === 'EXPIRED') return 'InvalidState'
    // What is given back does not expire any more.
    if (kind === 'imageShareReject' && offer.status === 'ACCEPTED') offer.expiresOn = null
    offer.status = kind === 'imageShareAccept' ? 'ACCEPTED' : 'REJECTED'
    return 'Share'
  }
}
