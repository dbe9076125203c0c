import type { Person } from '../support/tokens.ts'
import { persons } from './world.ts'

/**
 * DESIGN, tenancy and access, as a table: what may be asked (questions.ts) by whom. `yes`; `-`: as if there were nothing;
 * `view`, `coll`, `admn`, `oper`: may see, but to do it takes this role; `no`: the same over HTTP, which has no field for it.
 * The columns are the people of test/support/tokens.ts, in their order; `image` and what changes it is of project `web`.
 */
const table = `
                                   nobd strg othr view coll admn aVie aCol aAdm pend accp accV rejc revk oper
viewer                             yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes  yes
account                            -    -    yes  yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
project                            -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
image                              -    -    -    yes  yes  yes  yes  yes  yes  yes  yes  yes  -    -    yes
imageByName                        -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
imageByName in their own project   -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
imageFamily                        -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
imageFamily in their own project   -    -    -    yes  yes  yes  yes  yes  yes  -    yes  yes  -    -    yes
images                             -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
images of their own project        -    -    -    yes  yes  yes  yes  yes  yes  -    yes  yes  -    -    yes
images of all their projects       -    -    -    yes  yes  yes  yes  yes  yes  -    yes  yes  -    -    yes
sharedWithMe                       -    -    -    -    -    -    -    -    -    yes  -    -    -    -    yes
sharedWithMe of their own project  -    -    -    -    -    -    -    -    -    yes  yes  yes  yes  -    -
explainAccess                      -    -    -    oper oper oper oper oper oper oper oper oper -    -    yes
imageDeleteImpact                  -    -    -    yes  yes  yes  yes  yes  yes  view view view -    -    yes
imageDeprecateImpact               -    -    -    yes  yes  yes  yes  yes  yes  view view view -    -    yes
imageDeleteImpact of a promoted    -    -    view view view view yes  yes  yes  view view view -    -    yes
imageDeleteImpact of a public      -    view view yes  yes  yes  yes  yes  yes  view view view view view yes
usageReport                        -    -    yes  yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
usageReport of a project           -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
forecast                           -    -    yes  yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
prices                             -    -    yes  yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
prices of a project                -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
explainCharge                      -    -    -    yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
billingPeriods                     -    -    view view view view yes  yes  yes  -    -    -    -    -    yes
budget                             -    -    view view view view yes  yes  yes  -    -    -    -    -    yes
reconcileBilling                   -    -    view view view view yes  yes  yes  -    -    -    -    -    yes

imageChanged                       -    -    -    yes  yes  yes  yes  yes  yes  yes  yes  yes  -    -    yes

accountCreate                      oper oper oper oper oper oper oper oper oper oper oper oper oper oper yes
accountSetImageLimit               -    -    oper oper oper oper oper oper oper -    -    -    -    -    yes
accountSetMayPublish               -    -    oper oper oper oper oper oper oper -    -    -    -    -    yes
projectCreate                      -    -    admn admn admn admn admn admn yes  -    -    -    -    -    yes
projectCreate under a chosen id    -    -    admn admn admn admn admn admn oper -    -    -    -    -    yes
locationCreate                     oper oper oper oper oper oper oper oper oper oper oper oper oper oper yes
locationSetImagesEnabled           oper oper oper oper oper oper oper oper oper oper oper oper oper oper yes
imageCreate                        -    -    -    coll yes  yes  coll yes  yes  -    -    -    -    -    yes
imageCreate as official            -    -    -    coll oper oper coll oper oper -    -    -    -    -    yes
imageCreate as COMMUNITY           -    -    -    coll oper oper coll oper oper -    -    -    -    -    yes
imageCreate as PUBLIC              -    -    -    coll oper oper coll oper oper -    -    -    -    -    yes
imageCreate as PUBLIC, may publish -    -    -    coll admn admn coll admn yes  -    -    -    -    -    yes
imageUpdate                        -    -    -    coll yes  yes  coll yes  yes  coll coll coll -    -    yes
imageUpdate of a promoted          -    -    coll coll coll coll coll yes  yes  coll coll coll -    -    yes
imageUpdate of a public            -    coll coll coll yes  yes  coll yes  yes  coll coll coll coll coll yes
imageRetry                         -    -    -    coll yes  yes  coll yes  yes  coll coll coll -    -    yes
imageDelete                        -    -    -    coll yes  yes  coll yes  yes  coll coll coll -    -    yes
imageRestore                       -    -    -    coll yes  yes  coll yes  yes  coll coll coll -    -    yes
imageSetVisibility                 -    -    -    coll yes  yes  coll yes  yes  coll coll coll -    -    yes
imageSetVisibility to COMMUNITY    -    -    -    oper oper oper oper oper oper oper oper oper -    -    yes
imageSetVisibility to PUBLIC       -    -    -    oper oper oper oper oper oper oper oper oper -    -    yes
imageSetVisibility, may publish    -    -    -    admn admn admn admn admn yes  admn admn admn -    -    yes
imageSetVisibility of a promoted   -    -    coll coll coll coll coll yes  yes  coll coll coll -    -    yes
imageShare                         -    -    -    coll yes  yes  coll yes  yes  coll coll coll -    -    yes
imageUnshare                       -    -    -    coll yes  yes  coll yes  yes  coll coll coll -    -    yes
imageShareAccept                   -    -    -    coll coll coll coll coll coll yes  yes  coll yes  -    yes
imageShareAccept for others        -    -    -    coll coll coll coll coll coll -    -    -    -    -    yes
imageShareReject                   -    -    -    coll coll coll coll coll coll yes  yes  coll yes  -    yes
imageShareReject for others        -    -    -    coll coll coll coll coll coll -    -    -    -    -    yes
imagePromote                       -    -    -    coll coll coll coll yes  yes  coll coll coll -    -    yes
imageDemote                        -    -    coll coll coll coll coll yes  yes  coll coll coll -    -    yes
imagePromote of a public           -    coll coll coll coll coll coll yes  yes  coll coll coll coll coll yes
imageDeprecate                     -    -    -    coll yes  yes  coll yes  yes  coll coll coll -    -    yes
imageUndeprecate                   -    -    -    coll yes  yes  coll yes  yes  coll coll coll -    -    yes
imageDeactivate                    -    -    -    coll yes  yes  coll yes  yes  coll coll coll -    -    yes
imageReactivate                    -    -    -    coll yes  yes  coll yes  yes  coll coll coll -    -    yes
imageReactivate of an operator's   -    -    -    coll oper oper coll oper oper coll coll coll -    -    yes
imageDelete of a promoted          -    -    coll coll coll coll coll yes  yes  coll coll coll -    -    yes
imageReportSize                    -    -    -    oper oper oper oper oper oper oper oper oper -    -    yes
blobVerify                         -    -    -    oper oper oper oper oper oper oper oper oper -    -    yes
imageReportSize of a public        -    oper oper oper oper oper oper oper oper oper oper oper oper oper yes
storageRateSet                     oper oper oper oper oper oper oper oper oper oper oper oper oper oper yes
storageRateSet for an account      oper oper oper oper oper oper oper oper oper oper oper oper oper oper yes
storageRateSet for a project       oper oper oper oper oper oper oper oper oper oper oper oper oper oper yes
billingPeriodClose                 -    -    oper oper oper oper oper oper oper -    -    -    -    -    yes
budgetSet                          -    -    admn admn admn admn admn admn yes  -    -    -    -    -    yes

PUT                                -    -    -    no   yes  yes  no   yes  yes  no   no   no   -    -    yes
GET                                -    -    -    no   yes  yes  no   yes  yes  no   yes  no   -    -    yes
HEAD                               -    -    -    no   yes  yes  no   yes  yes  no   yes  no   -    -    yes
POST /uploads                      -    -    -    no   yes  yes  no   yes  yes  no   no   no   -    -    yes
HEAD /uploads/:upload              -    -    -    no   yes  yes  no   yes  yes  no   no   no   -    -    yes
PATCH /uploads/:upload             -    -    -    no   yes  yes  no   yes  yes  no   no   no   -    -    yes
DELETE /uploads/:upload            -    -    -    no   yes  yes  no   yes  yes  no   no   no   -    -    yes
POST /uploads/:upload              -    -    -    no   yes  yes  no   yes  yes  no   no   no   -    -    yes
GET /billing/usage.csv             -    -    yes  yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
HEAD /billing/usage.csv            -    -    yes  yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
GET /billing/focus-1.2.csv         -    -    yes  yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
HEAD /billing/focus-1.2.csv        -    -    yes  yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
GET /billing/focus-1.4.csv         -    -    yes  yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
HEAD /billing/focus-1.4.csv        -    -    yes  yes  yes  yes  yes  yes  yes  -    -    -    -    -    yes
GET /metrics                       no   no   no   no   no   no   no   no   no   no   no   no   no   no   yes
HEAD /metrics                      no   no   no   no   no   no   no   no   no   no   no   no   no   no   yes
`

/** What each person is answered. */
export type Cells = Readonly<Record<Person, string>>

/** Reads a table with a heading: a name, then a word for each person. */
export const readTable = (text: string): ReadonlyMap<string, Cells> => {
  const [heading = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '')
  const width = heading.search(/\S/)
  return new Map(
    lines.map((line) => {
      const words = line.slice(width).trim().split(/\s+/)
      if (words.length !== persons.length) throw new Error(`This line is not a word for each: ${line}`)
      return [
        line.slice(0, width).trim(),
        Object.fromEntries(persons.map((person, n) => [person, words[n]])) as Cells,
      ]
    }),
  )
}

export const policy = readTable(table)
