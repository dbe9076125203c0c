import type { ModelImage, Visibility } from './who.ts'

/** What somebody asks for, once it is settled who, and of which image; null: an id that no image has. */
export type Asked =
  | { kind: 'imageCreate'; project: string; name: string; visibility: Visibility; protected: boolean }
  | { kind: 'upload'; image: ModelImage | null; fit: boolean }
  | { kind: 'imageUpdate'; image: ModelImage | null; name?: string; protected?: boolean }
  | { [Kind in OnImage]: { kind: Kind; image: ModelImage | null } }[OnImage]
  | { kind: 'imageSetVisibility'; image: ModelImage | null; visibility: Visibility }
  | {
      kind: 'imageShare'
      image: ModelImage | null
      project: string
      message: string | null
      expiresOn: number | null
    }
  | { kind: OnOffer; image: ModelImage | null; project: string }
  | { kind: 'imageDemote'; image: ModelImage | null; project: string }
  | {
      kind: 'imageDeprecate'
      image: ModelImage | null
      /** Undefined where none is named. */
      replacement: ModelImage | null | undefined
      obsoleteOn: number | null
      deleteOn: number | null
    }
  | { kind: 'accountSetMayPublish'; account: string; mayPublish: boolean }
  | { kind: 'accountSetImageLimit'; account: string; limit: number | null }

export const onImage = [
  'imageRetry',
  'imageDelete',
  'imageRestore',
  'imagePromote',
  'imageUndeprecate',
  'imageDeactivate',
  'imageReactivate',
] as const
type OnImage = (typeof onImage)[number]
export const onOffer = ['imageUnshare', 'imageShareAccept', 'imageShareReject'] as const
export type OnOffer = (typeof onOffer)[number]

/** The type of the answer; Stored and ContentRefused are those of an upload. */
export type Answer =
  | 'Image'
  | 'Share'
  | 'Account'
  | 'Stored'
  | 'ContentRefused'
  | 'NotFound'
  | 'Forbidden'
  | 'InvalidInput'
  | 'NameTaken'
  | 'InvalidState'
  | 'ImageLimitReached'
  | 'ImageProtected'

/** What is asked for by some of the commands. */
export type AskedOf<Kind extends Asked['kind']> = Extract<Asked, { kind: Kind }>

/** What any collaborator of an image's owner may do. */
export type OfOwner =
  | Exclude<OnImage, 'imagePromote'>
  | 'upload'
  | 'imageUpdate'
  | 'imageShare'
  | 'imageDeprecate'
