import type { Holder } from '../../domain/access/holder.ts'
import type { ImageId } from '../../domain/kernel/ids.ts'

/** What a link to an image's bytes is for. */
export interface ContentLink {
  readonly image: ImageId
  /** Of the bytes. */
  readonly sha256: string
  /** Who must still be allowed to download them when it is used. */
  readonly holder: Holder
}

/** Links that nobody else can make. Their time is the machine's, as that of tokens is. */
export interface Links {
  /** `expiresAt`: in milliseconds since 1970, to the second. */
  sign(link: ContentLink, expiresAt: number): Promise<string>
  /** Null for what was not signed here, and for what has expired. */
  read(signed: string): Promise<ContentLink | null>
}
