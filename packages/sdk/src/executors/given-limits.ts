// Limits as they are configured: what is left out has its default.

export type GivenLimits<T> = { readonly [K in keyof T]?: T[K] | undefined };

export function withDefaults<T extends object>(defaults: T, given: GivenLimits<T> | undefined): T {
  const known = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(known) };
}
