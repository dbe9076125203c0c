import { members, ofAccount, owners, type Readers } from './fields.ts'

/**
 * Who gets a value of each field of what is billed to account `acme`, for images of its project `web`, as fields.ts has it of
 * the rest. DESIGN, tenancy and access: project roles see the lines of their projects, and who has none sees nothing.
 */
export const billingReaders: Readers = {
  UsageReport: [
    ['account from to asOf position sections', members],
    ['total', owners],
  ],
  UsageSection: [
    ['name', members],
    ['lines total shares', owners],
  ],
  UsageLine: [
    [
      'id status project image imageId imageName priceId periodStart periodEnd billingPeriod causedBy',
      owners,
    ],
    ['hoursInMonth billedHours byteHours unit gbHours gbMonths rate currency amount', owners],
  ],
  UsageShare: [['project total', owners]],
  Money: [['amount currency', owners]],
  Forecast: [
    ['account month asOf pendingSize unpriced', members],
    ['accrued toCome byMonthEnd', owners],
  ],
  StorageRate: [
    ['id ratePerGbMonth currency effectiveFrom unit hoursBasis hourPolicy location account', members],
    // Of a price that is for `web` alone.
    ['project', owners],
  ],
  ChargeExplanation: [['line formula price priceReason overridden steps cause corrects corrections', owners]],
  ChargeStep: [
    ['from to openedBy closedBy sizeBytes billedHours byteHours cumulatedGbMonths', owners],
    ['roundedBefore roundedAfter gbMonths', owners],
  ],
  ChargeEvent: [['id type position', owners]],
  BillingPeriod: [
    ['account month status sealAt sealedAt position contentHash lines pendingSize unpriced total', ofAccount],
  ],
  Budget: [['account limit thresholds alerts', ofAccount]],
  BudgetThreshold: [['percent basis', ofAccount]],
  BudgetAlert: [['month percent basis reachedAt spending', ofAccount]],
  BillingReconciliation: [['checked findings', ofAccount]],
  BillingFinding: [['kind imageId message', ofAccount]],
}
