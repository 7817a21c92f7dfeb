// Changes of which only some fields are given.

/**
 * The fields that are not undefined. What `T` does not have does not compile, which it would in `...(x && { misspelt: x })`; so
 * `T` is never guessed from the fields: name it, or let the place that takes the result name it.
 */
export const withoutUndefined = <T extends object>(fields: NoInfer<{ [Name in keyof T]: T[Name] | undefined }>): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
