/** The words of an image that a search goes through. */
export interface Text {
  readonly name: string
  readonly description: string
  readonly os: string | null
  readonly family: string | null
  readonly tags: readonly string[]
}

/** Words as anybody would cut and compare them: no accents, no case, nothing but letters and digits. */
const wordsOf = (text: string): readonly string[] =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')

/** Whole words in their order; of the last one, if `begun`, the beginning is enough. */
const holds = (text: string, phrase: readonly string[], begun: boolean): boolean => {
  const words = wordsOf(text)
  return words.some((_, at) =>
    phrase.every((word, index) =>
      begun && index === phrase.length - 1 ? words[at + index]?.startsWith(word) : words[at + index] === word,
    ),
  )
}

/** Whether a text has every word of a search, each in any of its fields. */
export const isFound = ({ name, description, os, family, tags }: Text, search: string): boolean =>
  search
    .split(/\s+/)
    .map((word) => ({ phrase: wordsOf(word), begun: word.endsWith('*') }))
    .filter(({ phrase }) => phrase.length > 0)
    .every(({ phrase, begun }) =>
      [name, description, os ?? '', family ?? '', tags.join(' ')].some((field) =>
        holds(field, phrase, begun),
      ),
    )
