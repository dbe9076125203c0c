import { endOfMonth, monthOf, startOfMonth } from '../../../domain/kernel/month.ts'
import type { Bill } from '../bill.ts'
import type { Entry } from '../entry.ts'
import { lineOf, type UsageLine } from '../report.ts'
import { type Columns, plain } from './columns.ts'

/**
 * FOCUS, the FinOps Open Cost and Usage Specification: a row an image and UTC day, and one for each correction. What has no
 * amount (no size, no price) has no row, for FOCUS knows no cost that is unknown; usage.csv has it.
 */
export const focusVersions = ['1.2', '1.4'] as const
export type FocusVersion = (typeof focusVersions)[number]

export interface FocusRow {
  readonly line: UsageLine
  readonly unit: 'GB' | 'GiB'
  readonly hoursBasis: string
  readonly hourPolicy: string
  readonly amount: string
}

/** Null for what has no amount. */
export const focusRow = (entry: Entry): FocusRow | null => {
  const { price } = entry.charge
  const line = lineOf(entry)
  if (price === null || line.amount === null) return null
  const { hoursBasis, hourPolicy } = price
  return { line, unit: line.unit === 'GIB' ? 'GiB' : 'GB', hoursBasis, hourPolicy, amount: line.amount }
}

const seconds = (millis: number): string => new Date(millis).toISOString().replace('.000Z', 'Z')

export const focusColumns = (version: FocusVersion, bill: Bill): Columns<FocusRow> => {
  const { account, accountName, projects, locations, month, provider } = bill
  const cost = ({ amount }: FocusRow) => amount
  const rate = ({ line }: FocusRow) => line.rate
  const issuers: Columns<FocusRow> =
    version === '1.2'
      ? { ProviderName: () => plain(provider), PublisherName: () => plain(provider) }
      : {
          ServiceProviderName: () => plain(provider),
          HostProviderName: () => plain(provider),
          InvoiceDetailId: () => `${account}/${month}/images`,
        }
  return {
    BilledCost: cost,
    BillingAccountId: () => account,
    BillingAccountName: () => plain(accountName),
    BillingCurrency: ({ line }) => line.currency,
    BillingPeriodEnd: () => seconds(endOfMonth(month)),
    BillingPeriodStart: () => seconds(startOfMonth(month)),
    ChargeCategory: () => 'Usage',
    ChargeClass: ({ line }) => (line.status === 'CORRECTION' ? 'Correction' : null),
    ChargeDescription: ({ line }) =>
      line.status === 'CORRECTION'
        ? `Correction of ${monthOf(line.periodStart)}: storage of image ${line.imageName}`
        : `Storage of image ${line.imageName}`,
    ChargeFrequency: () => 'Usage-Based',
    ChargePeriodEnd: ({ line }) => seconds(line.periodEnd),
    ChargePeriodStart: ({ line }) => seconds(line.periodStart),
    ConsumedQuantity: ({ line }) => line.gbHours,
    ConsumedUnit: ({ unit }) => `${unit}-Hours`,
    ContractedCost: cost,
    ContractedUnitPrice: rate,
    EffectiveCost: cost,
    ListCost: cost,
    ListUnitPrice: rate,
    PricingCategory: () => 'Standard',
    PricingQuantity: ({ line }) => line.gbMonths,
    PricingUnit: ({ unit }) => `${unit}-Months`,
    InvoiceIssuerName: () => plain(provider),
    ...issuers,
    RegionId: ({ line }) => line.location,
    RegionName: ({ line }) =>
      line.location === null ? null : plain(locations[line.location] ?? line.location),
    ResourceId: ({ line }) => line.image,
    ResourceName: ({ line }) => line.imageName,
    ResourceType: () => 'VM Image',
    ServiceCategory: () => 'Storage',
    ServiceName: () => 'Image Storage',
    ServiceSubcategory: () => 'Other (Storage)',
    SkuId: () => 'image-storage',
    SkuMeter: () => 'Stored bytes of images',
    SkuPriceDetails: ({ hoursBasis, hourPolicy }) =>
      JSON.stringify({ x_HoursBasis: hoursBasis, x_HourPolicy: hourPolicy }),
    SkuPriceId: ({ line }) => line.priceId,
    SubAccountId: ({ line }) => line.project,
    SubAccountName: ({ line }) =>
      line.project === null ? null : plain(projects[line.project] ?? line.project),
    Tags: () => '{}',
    x_LineId: ({ line }) => line.id,
    x_BilledHours: ({ line }) => line.billedHours,
    x_ByteHours: ({ line }) => line.byteHours,
    x_HoursInMonth: ({ line }) => line.hoursInMonth,
    x_CausedBy: ({ line }) => line.causedBy,
  }
}
