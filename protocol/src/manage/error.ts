// Error bodies of the management door.
import { type Static, Type } from 'typebox';

/** Every management error outside `/app`. `moreInfo` never holds a secret. */
export const ManageError = Type.Object({
  error: Type.String(),
  message: Type.String(),
  moreInfo: Type.Record(Type.String(), Type.Unknown()),
  status: Type.Literal('KO'),
});
export type ManageError = Static<typeof ManageError>;

/** Errors of `/app`: `error` is a sentence for people, `code` is for machines. */
export const AppRouteError = Type.Object({
  error: Type.String(),
  status: Type.String({ description: '"KO", or the sentence about the organization' }),
  code: Type.String(),
  message: Type.String(),
  moreInfo: Type.Record(Type.String(), Type.Unknown()),
});
export type AppRouteError = Static<typeof AppRouteError>;
