import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

// Amounts are whole numbers of their last digit, and decimals as text outside: no float comes near them. The type check lets
// nobody mix the two kinds of number, so it is enough that nothing becomes a float: no conversion, no fraction, no rounding.

/** Everything that has to do with money: where it is reckoned, and whatever else speaks of it. */
const rooms = /^src\/(?:projections\/billing|domain\/(?:billing|pricing))\/|\/decimal\.ts$/
const words = /\b(?:amounts?|rates?|currency|[Mm]oney|posted|ratePerGbMonth)\b/

const sources = globSync('src/**/*.ts')
  .map((file) => ({ file: file.replaceAll('\\', '/'), source: readFileSync(file, 'utf8') }))
  .filter(({ file, source }) => rooms.test(file) || words.test(source))
  .sort((a, b) => (a.file < b.file ? -1 : 1))

/** What gives back one of what it was given makes no float of a whole number. */
const wholesome = new Set(['Math.min', 'Math.max'])
const conversions = new Set(['Number', 'parseFloat', 'parseInt', 'Number.parseFloat', 'Number.parseInt'])
const renderings = new Set(['toFixed', 'toPrecision', 'toExponential'])
const sql = /\b(?:REAL|FLOAT|DOUBLE)\b|\b(?:avg|sum|total|round)\(/

/** The pieces of a program that make floats, or are some. */
const floatsIn = (source: string): readonly string[] => {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.ESNext, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (isFloat(node)) found.push(node.getText().replace(/\s+/g, ' '))
    else ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

const isFloat = (node: ts.Node): boolean => {
  if (ts.isNumericLiteral(node)) return /^[\d_]*\.|^[\d_]+e/i.test(node.getText())
  if (ts.isCallExpression(node)) {
    const called = node.expression.getText()
    return conversions.has(called) || (called.startsWith('Math.') && !wholesome.has(called))
  }
  if (ts.isPrefixUnaryExpression(node)) return node.operator === ts.SyntaxKind.PlusToken
  if (ts.isIdentifier(node))
    return renderings.has(node.text) || conversions.has(node.text) || /float/i.test(node.text)
      ? !isNumberOf(node)
      : false
  if (ts.isStringLiteralLike(node)) return node.text === 'Float' || sql.test(node.text)
  if (ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node))
    return sql.test(node.text)
  return false
}

/** Number.POSITIVE_INFINITY and its like, which stand for the ends of time; a conversion that is handed on does not. */
const isNumberOf = (node: ts.Identifier): boolean =>
  node.text === 'Number' &&
  ts.isPropertyAccessExpression(node.parent) &&
  node.parent.expression === node &&
  !conversions.has(node.parent.getText())

/** What is time, or counts: milliseconds are numbers. */
const allowed = [
  // A gauge is a float: to look at, and not to reckon with.
  'src/adapters/telemetry/bill-metrics.ts: Number(amount)',
  // Yes or no, as tables have it.
  'src/projections/billing/apply.ts: Number(official)',
  'src/projections/billing/lives.ts: Number(sizeKnown)',
  // Instants that tables hold.
  "src/projections/billing/billing.ts: Number(row['month'])",
  "src/projections/billing/bills.ts: Number(row['start'])",
  "src/projections/billing/entries.ts: Number(row['month'])",
  "src/projections/billing/entries.ts: Number(row['period'])",
  // The seconds that a line's id names.
  'src/projections/billing/entry.ts: Number(from)',
  'src/projections/billing/entry.ts: Number(to)',
  // How many lines there will be.
  "src/projections/billing/live-images.ts: Number(db.prepare(sql).get(...values)?.['count'])",
  'src/projections/billing/live-images.ts: Math.ceil((scope.to - scope.from) / length)',
  // Where a bucket of time begins, and how many hours have begun.
  'src/projections/billing/meter.ts: Math.floor(instant / length)',
  'src/projections/billing/meter.ts: Math.ceil((instant - start) / HOUR)',
]

describe('No float', () => {
  test('comes near money, but for time', () => {
    const found = sources.flatMap(({ file, source }) => floatsIn(source).map((piece) => `${file}: ${piece}`))
    expect([...new Set(found)].sort()).toStrictEqual([...allowed].sort())
  })

  test('is overlooked for want of looking', () => {
    const files = sources.map(({ file }) => file)
    expect(files.length).toBeGreaterThan(35)
    for (const file of [
      'projections/billing/meter',
      'projections/billing/exports/focus',
      'domain/kernel/decimal',
      'graphql/usage',
      'graphql/money',
      'application/reactions/billing',
      'domain/pricing/events',
    ])
      expect(files).toContain(`src/${file}.ts`)
  })

  test.each([
    ['const cost = Number(amount)', 'Number(amount)'],
    ['const cost = rate * 1.0', '1.0'],
    ['const rate = 0.05', '0.05'],
    ['const rate = .05', '.05'],
    ['const rate = 5e-2', '5e-2'],
    ['const cost = parseFloat(text)', 'parseFloat(text)'],
    ['const cost = Number.parseFloat(text)', 'Number.parseFloat(text)'],
    ['const cost = +text', '+text'],
    ['const cost = amounts.map(Number)', 'Number'],
    ['const cost = amounts.map(parseFloat)', 'parseFloat'],
    ['const cost = Math.round(cents)', 'Math.round(cents)'],
    ['const cost = Math.max(Math.floor(a), b)', 'Math.floor(a)'],
    ['const text = cost.toFixed(2)', 'toFixed'],
    ["const field = t.float('amount')", 'float'],
    ["const field = t.exposeFloat('amount')", 'exposeFloat'],
    ['const type = GraphQLFloat', 'GraphQLFloat'],
    ["const field = t.field({ type: 'Float' })", "'Float'"],
    ["db.prepare('SELECT sum(amount) FROM lines')", "'SELECT sum(amount) FROM lines'"],
    ['db.exec(`CREATE TABLE lines (amount REAL)`)', '`CREATE TABLE lines (amount REAL)`'],
    [`db.exec(\`SELECT \${name}, round(amount) FROM lines\`)`, '}, round(amount) FROM lines`'],
  ])('is overlooked in %s', (source, piece) => {
    expect(floatsIn(source)).toStrictEqual([piece])
  })

  test.each([
    'const amount = posted * rate',
    'const hours = 24 * 3_600_000',
    'const last = Math.min(to, asOf)',
    'const end = Number.POSITIVE_INFINITY',
    'const mask = 0xe1',
    "const text = 'the total (of all)'",
  ])('is seen where there is none: %s', (source) => {
    expect(floatsIn(source)).toStrictEqual([])
  })
})
