import { locationCreate } from '../application/use-cases/location-create.ts'
import { locationSetImagesEnabled } from '../application/use-cases/location-set-images-enabled.ts'
import type { LocationRow } from '../projections/catalog/rows.ts'
import { answer } from './answer.ts'
import { builder, handed } from './builder.ts'
import { callerOf } from './context.ts'
import { rowsOrErrors } from './loading.ts'
import { refusalTypes, resultType } from './refusals.ts'

export const Location = builder.loadableObjectRef<LocationRow, string>('Location', {
  load: async (ids, { catalog }) => rowsOrErrors('location', ids, catalog.locationsById(ids)),
})
Location.implement({
  fields: (t) => ({
    id: t.exposeID('id', handed),
    name: t.exposeString('name', handed),
    imagesEnabled: t.boolean({ ...handed, resolve: ({ images_enabled }) => images_enabled === 1 }),
  }),
})

const refusals = ['NotFound', 'Forbidden', 'InvalidInput', 'NameTaken'] as const
const LocationResult = builder.unionType('LocationResult', {
  types: [Location, ...refusalTypes(refusals)],
  resolveType: resultType('Location'),
})

const LocationCreateInput = builder.inputType('LocationCreateInput', {
  fields: (t) => ({
    id: t.id(),
    name: t.string({ required: true }),
    imagesEnabled: t.boolean({ defaultValue: true }),
  }),
})

const LocationSetImagesEnabledInput = builder.inputType('LocationSetImagesEnabledInput', {
  fields: (t) => ({
    location: t.id({ required: true }),
    enabled: t.boolean({ required: true }),
    reason: t.string(),
  }),
})

builder.mutationFields((t) => ({
  locationCreate: t.field({
    type: LocationResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: LocationCreateInput, required: true }) },
    resolve: (_root, { input }, context) =>
      answer(
        context,
        locationCreate(context.services)(callerOf(context), input),
        Location.getDataloader(context),
        refusals,
      ),
  }),
  locationSetImagesEnabled: t.field({
    type: LocationResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: LocationSetImagesEnabledInput, required: true }) },
    resolve: (_root, { input }, context) =>
      answer(
        context,
        locationSetImagesEnabled(context.services)(callerOf(context), input),
        Location.getDataloader(context),
        refusals,
      ),
  }),
}))
