// How Tutti authenticates at a remote server. The shape is whole, so that declarations can be checked; what this
// version cannot do yet it refuses by name.

import { z } from 'zod';

const httpsUrl = z.string().regex(/^https:\/\/\S+$/, 'must be an `https://` url');

export const authSchema = z
  .strictObject({
    type: z.enum(['none', 'oauth']).prefault('none').describe('`oauth` is not supported by this version.'),
    forwardToken: z
      .boolean()
      .optional()
      .describe("Forward the caller's token; not supported by this version."),
    requiredAudiences: z.array(z.string().min(1)).optional(),
    tokenExchange: z
      .strictObject({
        enabled: z.boolean().prefault(false),
        dexTokenEndpoint: httpsUrl.optional(),
        expectedIssuer: httpsUrl.optional(),
        connectorId: z.string().optional(),
        scopes: z.string().optional(),
        clientCredentialsSecretRef: z
          .strictObject({
            name: z.string().min(1),
            namespace: z.string().optional(),
            clientIdKey: z.string().optional(),
            clientSecretKey: z.string().optional(),
          })
          .optional(),
      })
      .optional()
      .describe('RFC 8693 token exchange; not supported by this version.'),
    authorizationServer: z
      .strictObject({
        issuer: httpsUrl.refine((url) => !url.endsWith('/'), 'must not end in `/`'),
        scopes: z.string().optional(),
      })
      .optional()
      .describe('Only with type `oauth`; not supported by this version.'),
  })
  .describe('Authentication at a remote server.');

export type AuthInput = z.output<typeof authSchema>;
