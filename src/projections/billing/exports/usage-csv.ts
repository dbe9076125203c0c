import { instantFromMillis } from '../../../domain/kernel/instant.ts'
import type { Bill } from '../bill.ts'
import type { UsageLine } from '../report.ts'
import { type Columns, plain } from './columns.ts'

/** The lines of a month as a usage report has them, a line an image, owner and price. */
export const usageColumns = ({
  account,
  accountName,
  projects,
  locations,
  month,
}: Bill): Columns<UsageLine> => ({
  line_id: ({ id }) => id,
  status: ({ status }) => status,
  billing_period: () => month,
  account_id: () => account,
  account_name: () => plain(accountName),
  project_id: ({ project }) => project,
  project_name: ({ project }) => (project === null ? null : plain(projects[project] ?? project)),
  image_id: ({ image }) => image,
  image_name: ({ imageName }) => imageName,
  location_id: ({ location }) => location,
  location_name: ({ location }) => (location === null ? null : plain(locations[location] ?? location)),
  period_start: ({ periodStart }) => instantFromMillis(periodStart),
  period_end: ({ periodEnd }) => instantFromMillis(periodEnd),
  hours_in_month: ({ hoursInMonth }) => hoursInMonth,
  billed_hours: ({ billedHours }) => billedHours,
  byte_hours: ({ byteHours }) => byteHours,
  unit: ({ unit }) => (unit === 'GIB' ? 'GiB' : unit),
  gb_hours: ({ gbHours }) => gbHours,
  gb_months: ({ gbMonths }) => gbMonths,
  price_id: ({ priceId }) => priceId,
  rate: ({ rate }) => rate,
  currency: ({ currency }) => currency,
  amount: ({ amount }) => amount,
  caused_by: ({ causedBy }) => causedBy,
})
